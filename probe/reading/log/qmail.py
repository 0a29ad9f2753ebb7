"""qmail-send (qmail, netqmail, notqmail, s/qmail): deliveries of one recipient each, under their own numbers.

Lines come from multilog, s6-log or splogger. In a report, blanks and what is not printable are written as `_`
and line ends as `/` (qsutil.c, logsafe): what was `_` or `/` itself cannot be told from them.
"""

from __future__ import annotations

from collections.abc import Sequence

from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Status, Words
from probe.reading.log.frames import Frame
from probe.reading.log.reader import FramedReader
from probe.reading.log.stamps import since_epoch

_SPLOGGER = regex(r"(\d{9,11}\.\d{1,6}) ")
_INFO = regex(r"info msg (\d{1,20}): bytes \d+ from <(.*)> qp \d+ uid \d+\s*\Z")
_STARTING = regex(r"starting delivery (\d{1,20}): msg (\d{1,20}) to (local|remote) (\S.*)\Z")
_DELIVERY = regex(r"delivery (\d{1,20}): (success|failure|deferral): ?(.*)\Z")
_END = regex(r"end msg (\d{1,20})\s*\Z")
_STATUS = {"success": Status.SENT, "failure": Status.BOUNCED, "deferral": Status.DEFERRED}
# What qmail-send adds to a deferral when it gives a message up (qmail-send.c, del_dochan)
_GIVEN_UP = "I'm not going to try again; this message has been in the queue too long."
_REMOTE = regex(
    r"(?:\A|/|\bto |> )(?:Connected to |Remote host )?"
    r"(?P<host>[\w.:-]{1,255}?)(?: \((?P<ip>[\d.a-fA-F:]{3,45})\))?(?: but)? "
    r"(?P<said>does not like recipient|sender was rejected|greeting failed|my name was rejected"
    r"|failed on DATA command|failed after I sent the message|accepted message|connection died)[^/]{0,40}"
    r"(?:/Remote host said: ?(?P<reply>.*?))?(?:/Giving up on [^/]{0,255})?/?\Z"
)
_STAGES = {
    "does not like recipient": Stage.RCPT,
    "sender was rejected": Stage.MAIL,
    "greeting failed": Stage.GREETING,
    "my name was rejected": Stage.EHLO,
    "failed on DATA command": Stage.DATA,
    "failed after I sent the message": Stage.END_OF_DATA,
    "accepted message": Stage.END_OF_DATA,
}
_OWN_STAGES = (
    (regex(r"find any host|CNAME lookup|DNS|MX"), Stage.DNS),
    (regex(r"establish an SMTP connection"), Stage.CONNECT),
    (regex(r"TLS"), Stage.STARTTLS),
)
_NEXT_LINE = regex(r"/(?=[245]\d\d[ -])")


class QmailReader(FramedReader):
    """Reads the log of qmail-send; a queue id is the number of a message, which a later one may get again."""

    def matters(self, data: bytes) -> bool:
        return b"delivery " in data or b"info msg " in data or b"end msg " in data

    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        own_stamp = _SPLOGGER.match(text)
        if own_stamp is not None:
            text = text[own_stamp.end() :]
            frame = frame._replace(at=since_epoch(float(own_stamp[1])) or frame.at)
        delivery = _DELIVERY.match(text)
        if delivery is not None:
            return (self._delivery(delivery[1], delivery[2], delivery[3], frame, number),)
        starting = _STARTING.match(text)
        if starting is not None:
            delivery_id, queue_id, channel, recipient = starting.groups()
            to = recipient.rstrip()
            is_local = channel == "local"
            self.memory.note(("delivery", delivery_id), (queue_id, channel, _mailbox(to) if is_local else to))
            return ()
        if text.startswith("delivery ") and "mangled" not in text:
            return self.unread(data, number, "a delivery of qmail without its result")
        info = _INFO.match(text)
        if info is not None:
            self.memory.message(info[1]).sender = info[2]
            return ()
        end = _END.match(text)
        if end is not None:
            self.memory.forget(end[1])
        return ()

    def _delivery(self, delivery_id: str, word: str, report: str, frame: Frame, number: int) -> Event:
        note = self.memory.note_of(("delivery", delivery_id))
        queue_id, channel, recipient = note if isinstance(note, tuple) else (None, None, None)
        message = self.memory.message_of(queue_id) if queue_id is not None else None
        status = _STATUS[word]
        text = report.rstrip().replace("_", " ")
        if recipient is not None and "_" in recipient:
            text = text.replace(recipient.replace("_", " "), recipient)
        before, given_up, _ = text.partition(_GIVEN_UP)
        words, relay = words_of(before, status)
        earlier = None
        if given_up:
            status, earlier, words = Status.EXPIRED, words, Words(Speaker.LOCAL, _GIVEN_UP)
        return Event(
            self.file,
            number,
            Kind.ATTEMPT,
            status,
            word,
            frame.at,
            channel,
            queue_id,
            sender=message.sender if message is not None else None,
            recipient=recipient,
            relay=relay,
            words=words,
            earlier=earlier,
        )


def words_of(report: str, status: Status) -> tuple[Words | None, Relay | None]:
    """The words of a report in which blanks are blanks again, and the next hop that it names."""
    text = report.strip().rstrip("/")
    remote = _REMOTE.search(text)
    if remote is None:
        stage = next((stage for pattern, stage in _OWN_STAGES if pattern.search(text)), None)
        is_told = bool(text) and status is not Status.SENT
        return (Words(Speaker.LOCAL, text.replace("/", "\n"), stage) if is_told else None), None
    host = remote["host"]
    relay = Relay(None if remote["ip"] is None and _is_address(host) else host, remote["ip"] or host)
    stage = _STAGES.get(remote["said"])
    if not remote["reply"]:
        return Words(Speaker.LOCAL, text.replace("/", "\n"), stage), relay
    return Words(Speaker.REMOTE, _NEXT_LINE.sub("\n", remote["reply"]), stage), relay


def _mailbox(recipient: str) -> str:
    """The recipient without what control/virtualdomains puts before it: `x.example-bob@x.example`."""
    local, _, domain = recipient.rpartition("@")
    prefix = f"{domain}-".lower()
    return recipient[len(prefix) :] if local.lower().startswith(prefix) else recipient


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdecimal()
