"""chasquid: one line for each attempt at a recipient, with Go's words for what went wrong (maillog.go).

`MAIL+RCPT`, `DATA` and `DATA closing` stand before a reply, "all MXs returned transient failures (last: …)"
around it (courier/smtp.go). The further lines of a reply stand in lines of their own, without code or frame.
A message that is given up has no line of that: "all done" follows, and its sender gets a bounce (queue.go).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe._named_tuple import NamedTuple
from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Status, Words
from probe.reading.log.frames import Frame, unframe
from probe.reading.log.memory import RECIPIENTS, Memory
from probe.reading.log.reader import LINE, FramedReader
from probe.reading.log.words import is_reply

_ID = r"[A-Za-z0-9_-]{11}"
_ATTEMPT = regex(
    rf"({_ID}) from=(\S*) to=(\S.*?) (?:(sent)|failed \((temporary|permanent)\): (.*))\s*\Z",
    re.DOTALL,
)
_END = regex(rf"({_ID}) from=(\S*) all done\s*\Z")
_REFUSAL = regex(
    r"(?:\[(?P<v6>[0-9a-fA-F:.%\w]{2,60})\]|(?P<v4>[\d.]{7,15})):\d{1,5} rejected"
    r"(?: from=(?P<sender>\S*))?(?: to=\[(?P<to>.*?)\])? - (?P<text>.*)\Z",
    re.DOTALL,
)
_LAST = regex(r"all MXs returned transient failures \(last: (.*?)\)?\Z", re.DOTALL)
_STAGES = (
    ("MAIL+RCPT ", None),  # it tells not which of the two
    ("DATA closing ", Stage.END_OF_DATA),
    ("DATA writing: ", Stage.DATA),
    ("DATA ", Stage.DATA),
    ("Error creating client: ", Stage.GREETING),
    ("Error saying hello: ", Stage.EHLO),
    ("TLS error: ", Stage.STARTTLS),
    ("Could not find mail server: ", Stage.DNS),
    ("Could not dial: dial tcp: lookup ", Stage.DNS),
    ("Could not dial: ", Stage.CONNECT),
)
_STATUS = {"temporary": Status.DEFERRED, "permanent": Status.BOUNCED}
_GIVEN_UP = "all done"
_OTHER_LOG = regex(r"[._EIDF] +[\w-]+\.go:\d+")  # of the daemon itself, which may share a file with this one
_LINES = 50  # of one reply


class _Attempt(NamedTuple):
    """An attempt, what its line says, and the further lines of the reply to it."""

    fields: Sequence[str | None]
    words: Words | None
    frame: Frame
    number: int
    further: list[str]


class ChasquidReader(FramedReader):
    """Reads chasquid's mail log, from a file or from syslog."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)
        self._open: _Attempt | None = None

    def read(self, data: bytes, number: int) -> Sequence[Record]:
        if self._open is not None:
            frame = unframe(data.rstrip(b"\r\n")[:LINE], self.clock)
            is_further = frame.at is None and frame.program is None and not _OTHER_LOG.match(frame.text)
            if is_further and len(self._open.further) < _LINES:
                self._open.further.append(frame.text.strip())  # journalctl indents it
                return ()
        return (*self.end(), *super().read(data, number))

    def end(self) -> Sequence[Record]:
        attempt, self._open = self._open, None
        return (self._attempt(attempt),) if attempt is not None else ()

    def matters(self, data: bytes) -> bool:
        return b" from=" in data or b" rejected " in data

    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        match = _ATTEMPT.match(text)
        if match is not None:
            words = words_of(match[6]) if match[6] else None
            attempt = _Attempt(match.groups(), words, frame, number, [])
            if words is None or words.speaker is not Speaker.REMOTE:
                return (self._attempt(attempt),)
            self._open = attempt  # a reply may have more lines
            return ()
        end = _END.match(text)
        if end is not None:
            return self._given_up(end[1], frame, number)
        refusal = _REFUSAL.match(text)
        if refusal is None:
            return ()
        return tuple(
            Event(
                self.file,
                number,
                Kind.REFUSAL,
                Status.REJECTED,
                "rejected",
                frame.at,
                frame.program,
                sender=_address(refusal["sender"]),
                recipient=recipient,
                words=Words(Speaker.LOCAL, refusal["text"].strip()),
                client=Relay(None, refusal["v6"] or refusal["v4"]),
            )
            for recipient in (refusal["to"] or "").split()[:RECIPIENTS] or (None,)
        )

    def _attempt(self, attempt: _Attempt) -> Event:
        queue_id, sender, recipient, sent, how, why = (field or "" for field in attempt.fields)
        words = words_of("\n".join((why, *attempt.further))) if attempt.further else attempt.words
        status = Status.SENT if sent else _STATUS[how]
        if status is Status.DEFERRED:
            self.memory.defer(queue_id, recipient, words)
            self.memory.message(queue_id).sender = _address(sender)
        else:
            self.memory.settle(queue_id, recipient)
        return Event(
            self.file,
            attempt.number,
            Kind.ATTEMPT,
            status,
            sent or how,
            attempt.frame.at,
            attempt.frame.program,
            queue_id,
            sender=_address(sender),
            recipient=recipient,
            words=words,
        )

    def _given_up(self, queue_id: str, frame: Frame, number: int) -> Sequence[Event]:
        """What still waits when the message leaves the queue was given up."""
        message = self.memory.message_of(queue_id)
        if message is None or not message.deferrals:
            return ()
        self.memory.forget(queue_id)
        return self.queue_events(message, message.waiting, Status.EXPIRED, _GIVEN_UP, queue_id, frame, number)


def words_of(error: str) -> Words:
    """The words of a failed attempt, without what chasquid puts around a reply."""
    text = error.replace("#012", "\n").strip()
    last = _LAST.match(text)
    text = last[1] if last is not None else text
    begin, stage = next(((begin, stage) for begin, stage in _STAGES if text.startswith(begin)), ("", None))
    reply_text = text.removeprefix(begin)
    if is_reply(reply_text):
        return Words(Speaker.REMOTE, reply_text, stage)
    return Words(Speaker.LOCAL, text, stage)


def _address(text: str | None) -> str | None:
    return "" if text == "<>" else text
