"""dma, the DragonFly Mail Agent: attempts of one recipient each, to one MX host after the other.

An unreachable host is a separate event; if the next MX host accepts the message, its event follows. `delivery
failed, bouncing` adds nothing. A failed greeting (EHLO) is final for dma, whatever the reply is: the
message goes back after a 421, too. Lines of a reply are separated by CR LF, which syslog daemons write as
`#015#012`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Status, Words
from probe.reading.log.frames import Frame
from probe.reading.log.reader import FramedReader
from probe.reading.log.words import is_reply, stage_of

_ADDRESS = r"<((?>\"(?:[^\"\\]|\\.)*+\"|[^\">])*+)>"
_NEW = re.compile(rf"new mail from user=\S* uid=\d+ envelope_from={_ADDRESS}")
_TRYING = re.compile(rf"{_ADDRESS} (trying delivery|delivery successful)")
_HOST = re.compile(r"(?:trying remote delivery to|using smarthost) (\S+)(?: \[([^\]]*)\])?")
_FAILED = re.compile(
    r"remote delivery (?:(?P<deferred>deferred: )|failed: |to )"
    r"(?:(?P<host>\S+) \[(?P<ip>[^\]]*)\] failed after (?P<stage>[A-Za-z ]{1,20}): )?(?P<text>.*)",
    re.DOTALL,
)
_GREETING = re.compile(r"Could not perform server greeting at (\S+) \[([^\]]*)\]: (.*)", re.DOTALL)
_CONNECT = re.compile(r"connect to (\S+) \[([^\]]*)\] failed: (.*)", re.DOTALL)
_STAGES = {"final DATA": Stage.END_OF_DATA, "connect": Stage.GREETING}


class DmaReader(FramedReader):
    """Reads dma's syslog lines. The tag's bracket holds the queue id, not a process id."""

    def matters(self, data: bytes) -> bool:
        return (
            b"dma[" in data
            or b"delivery" in data
            or b"connect to " in data
            or b" greeting at " in data
            or b"envelope_from=" in data
        )

    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        queue_id = frame.pid
        is_bare = frame.program is None and text.startswith("remote delivery ")  # without what syslog adds
        if is_bare:
            return self._failure("", text, frame, data, number)
        if queue_id is None or frame.program is None or not frame.program.endswith("dma"):
            return ()
        message_id = queue_id.partition(".")[0]
        new = _NEW.match(text)
        if new is not None:
            self.memory.message(message_id).sender = new[1]
            return ()
        attempt = _TRYING.match(text)
        if attempt is not None:
            if attempt[2] == "trying delivery":
                self.memory.note(("to", queue_id), attempt[1])
                return ()
            return (
                self._event(queue_id, Status.SENT, "delivery successful", None, frame, number, attempt[1]),
            )
        if text.startswith("remote delivery "):
            return self._failure(queue_id, text, frame, data, number)
        greeting = _GREETING.match(text)
        if greeting is not None:
            reply_text = greeting[3].replace("#015#012", "\n").replace("\r\n", "\n").strip()
            words = Words(Speaker.REMOTE if is_reply(reply_text) else Speaker.LOCAL, reply_text, Stage.EHLO)
            relay = Relay(greeting[1], greeting[2])
            return (
                self._event(queue_id, Status.BOUNCED, "greeting failed", words, frame, number, None, relay),
            )
        connect = _CONNECT.match(text)
        if connect is not None:
            words = Words(Speaker.LOCAL, text.strip(), Stage.CONNECT)
            relay = Relay(connect[1], connect[2])
            return (
                self._event(queue_id, Status.DEFERRED, "connect failed", words, frame, number, None, relay),
            )
        host = _HOST.match(text)
        if host is not None:
            self.memory.note(("host", queue_id), Relay(host[1], host[2]))
            return ()
        return ()

    def _failure(self, queue_id: str, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        match = _FAILED.match(text)
        if match is None:
            return self.unread(data, number, "a failure of dma whose fields are not understood")
        reply_text = match["text"].replace("#015#012", "\n").replace("\r\n", "\n").strip()
        status = Status.DEFERRED if match["deferred"] else Status.BOUNCED
        relay = None
        if match["host"] is not None:
            stage = _STAGES.get(match["stage"]) or stage_of(match["stage"])
            speaker = Speaker.REMOTE if is_reply(reply_text) else Speaker.LOCAL
            words, relay = Words(speaker, reply_text, stage), Relay(match["host"], match["ip"])
        elif is_reply(reply_text):
            words = Words(Speaker.REMOTE, reply_text)
        else:
            is_dns = reply_text.startswith("DNS lookup failure")
            # dma says "not found" of what DNS did not answer, too; whether it tries again tells more
            own = text.strip() if is_dns and status is Status.DEFERRED else reply_text
            words = Words(Speaker.LOCAL, own, Stage.DNS if is_dns else None)
        word = "deferred" if match["deferred"] else "failed"
        return (self._event(queue_id, status, word, words, frame, number, None, relay),)

    def _event(
        self,
        queue_id: str,
        status: Status,
        word: str,
        words: Words | None,
        frame: Frame,
        number: int,
        recipient: str | None,
        relay: Relay | None = None,
    ) -> Event:
        message = self.memory.message_of(queue_id.partition(".")[0])
        note = self.memory.note_of(("to", queue_id))
        if recipient is None and isinstance(note, str):
            recipient = note
        host = self.memory.note_of(("host", queue_id))
        if relay is None and status is Status.SENT and isinstance(host, Relay):
            relay = host
        return Event(
            self.file,
            number,
            Kind.ATTEMPT,
            status,
            word,
            frame.at,
            frame.program,
            queue_id or None,
            sender=message.sender if message is not None else None,
            recipient=recipient,
            relay=relay,
            words=words,
        )
