"""ZoneMTA: what each of its tries came to (lib/sender.js): `ACCEPTED`, `DEFERRED[category]`,
`REJECTED[category]`, one recipient a line.

The lines of a reply stand in one, without the codes of the later ones (lib/bounces.js). ZoneMTA decides by
its own rules whether it tries again: a 5yz may be deferred. Where no server spoke it writes a code of its own
before its words, or (since 2024) none. `mx=` is a domain alone where there was no connection.
"""

from __future__ import annotations

from collections.abc import Sequence

from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Status, Words
from probe.reading.log.frames import Frame
from probe.reading.log.reader import FramedReader
from probe.reading.log.words import is_reply, relay_of

_LINE = regex(
    r"(?:\w+!? )?Sender/\S{1,200} (?:id=\S{1,80} )?(?P<id>[0-9a-f]{16,24}\.[0-9a-f]{1,6}) "
    r"(?P<word>ACCEPTED|DEFERRED|REJECTED)(?:\[[^\]]{0,80}\])? from=(?P<sender>.*?) to=(?P<to>.*?)"
    r"(?: src=(?P<source>\S*))? mx=(?P<mx>\S*)(?: (?:id|body|md5)=\S*){0,3} \((?P<reply>.*)\)\s*"
)
_STATUS = {"ACCEPTED": Status.SENT, "DEFERRED": Status.DEFERRED, "REJECTED": Status.BOUNCED}
_OWN = regex(
    r"(?:(?:450|550) )?(?:(?P<dns>DNS error: |Can't find an MX server for )"
    r"|Network error|Error connecting to |Can't connect to |Connection error)"
)
_MARKS = (b" ACCEPTED from=", b" DEFERRED[", b" REJECTED[")


class ZoneMtaReader(FramedReader):
    """Reads ZoneMTA's log, as it is or from syslog, journald or a container."""

    def matters(self, data: bytes) -> bool:
        return any(mark in data for mark in _MARKS)

    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        match = _LINE.fullmatch(text)
        if match is None:
            return self.unread(data, number, "a delivery of ZoneMTA whose fields are not understood")
        status = _STATUS[match["word"]]
        words = _words(match["reply"], status)
        queue_id, recipient = match["id"], match["to"]
        earlier = None
        if status is Status.DEFERRED:
            self.memory.defer(queue_id, recipient, words)
        else:
            self.memory.settle(queue_id, recipient)
            if status is Status.BOUNCED and match["reply"][:1] == "4":
                status, earlier = Status.EXPIRED, words  # the last of its tries
        return (
            Event(
                self.file,
                number,
                Kind.ATTEMPT,
                status,
                match["word"],
                frame.at,
                frame.program,
                queue_id,
                sender=_sender(match["sender"]),
                recipient=recipient,
                relay=_relay(match["mx"]),
                source_ip=match["source"] or None,
                words=words,
                earlier=earlier,
            ),
        )


def _words(text: str, status: Status) -> Words | None:
    if not text:
        return None
    own = _OWN.match(text)
    if own is not None or not is_reply(text):
        return Words(Speaker.LOCAL, text, Stage.DNS if own is not None and own["dns"] else None)
    if text[3:4] == "-":
        text = f"{text[:3]} {text[4:]}"
    return Words(Speaker.REMOTE, text, Stage.END_OF_DATA if status is Status.SENT else None)


def _sender(text: str) -> str:
    """`header[envelope]` where they differ."""
    if text.endswith("]"):
        text = text.rpartition("[")[2].removesuffix("]")
    return "" if text == "<>" else text


def _relay(text: str) -> Relay | None:
    relay = relay_of(text)
    return relay if relay is not None and relay.ip is not None else None
