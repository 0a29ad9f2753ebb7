"""nullmailer-send: one message to one smarthost, several lines, no time stamp of its own.

All recipients of a message have the same result: the first refusal ends the attempt for all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe._dataclass import dataclass, field
from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Stamp, Status, Words
from probe.reading.log.frames import Frame
from probe.reading.log.memory import RECIPIENTS
from probe.reading.log.reader import FramedReader
from probe.reading.log.words import is_reply

_ADDRESS = r"<((?>\"(?:[^\"\\]|\\.)*+\"|[^\">])*+)>"
_STARTING = regex(r"Starting delivery: host: (\S+) protocol: (\S+) file: (\S+)")
_ENVELOPE = re.compile(rf"From: {_ADDRESS} to: (.*)", re.DOTALL)
_RECIPIENT = regex(_ADDRESS)
_RESULT = regex(r"(?:smtp|qmqp): (Failed|Succeeded): ?(.*)", re.DOTALL)
_ENDS = regex(r"Sent file\.|Sending failed: ?(.*)|Moving message \S+ into failed", re.DOTALL)
_LINES = 100  # of one reply


@dataclass(slots=True)
class _Attempt:
    line: int
    relay: Relay
    file: str
    sender: str | None = None
    message_id: str | None = None
    recipients: list[str] = field(default_factory=list)
    result: str | None = None
    lines: list[str] = field(default_factory=list)
    said_at: int = 0
    at: Stamp | None = None


class NullmailerReader(FramedReader):
    """Reads the standard error of nullmailer-send, as stored by a service manager or a container."""

    _attempt: _Attempt | None = None

    def matters(self, data: bytes) -> bool:
        return self._attempt is not None or b"Starting delivery: host: " in data

    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        start_match = _STARTING.match(text)
        if start_match is not None:
            rest = self.end()
            self._attempt = _Attempt(number, Relay(start_match[1]), start_match[3], at=frame.at)
            return rest
        now = self._attempt
        if now is None:
            return ()
        if now.at is None:
            now.at = frame.at
        envelope = _ENVELOPE.match(text)
        if envelope is not None and now.result is None:
            now.sender = envelope[1]
            now.recipients = _RECIPIENT.findall(envelope[2])[:RECIPIENTS]
            return ()
        if text.startswith("Message-Id: ") and now.result is None:
            now.message_id = text[12:].strip()
            return ()
        result = _RESULT.match(text)
        if result is not None and now.result is None:
            now.result, now.lines, now.said_at = result[1], [result[2]], number
            return ()
        end_match = _ENDS.match(text)
        if end_match is None:
            if now.result is not None and len(now.lines) < _LINES:
                now.lines.append(text)
            return ()
        return self._attempt_end(end_match[1] or "", text)

    def end(self) -> Sequence[Record]:
        """An attempt whose end is not in the log: an event with the words so far, marked as cut."""
        now, self._attempt = self._attempt, None
        if now is None or now.result is None:
            return ()
        status = Status.SENT if now.result == "Succeeded" else Status.DEFERRED
        if now.result == "Failed" and now.lines[0][:1] == "5":
            status = Status.BOUNCED
        return self._events(now, status, now.result, is_cut=True)

    def _attempt_end(self, why: str, text: str) -> Sequence[Record]:
        now, self._attempt = self._attempt, None
        if now is None:
            return ()
        if text.startswith("Sent file."):
            return self._events(now, Status.SENT, "Sent file.")
        status = Status.BOUNCED if "Permanent" in why or text.startswith("Moving") else Status.DEFERRED
        if not any(now.lines):
            now.lines = [why]
        return self._events(now, status, why or text)

    def _events(self, now: _Attempt, status: Status, word: str, is_cut: bool = False) -> Sequence[Record]:
        text = "\n".join(line.rstrip() for line in now.lines)
        if not text:
            words = None
        elif is_reply(text):
            stage = Stage.END_OF_DATA if status is Status.SENT else None
            words = Words(Speaker.REMOTE, text, stage)
        else:
            stage = Stage.CONNECT if text.startswith("Connect failed") else None
            remark = f"{text}: {word}" if status is not Status.SENT and word not in ("", text) else text
            words = Words(Speaker.LOCAL, remark, stage)
        recipients: Sequence[str | None] = now.recipients or (None,)
        words = words.about(recipients) if words is not None else None
        named = words.named() if words is not None else frozenset()
        # one recipient is refused, and nullmailer sends the message to none of them
        own_words = Words(Speaker.LOCAL, word, None, is_cut) if status is not Status.SENT else words
        return [
            Event(
                self.file,
                now.said_at or now.line,
                Kind.ATTEMPT,
                status,
                word,
                now.at,
                "nullmailer-send",
                now.file,
                now.message_id,
                now.sender,
                recipient,
                relay=now.relay,
                words=own_words if named and recipient not in named else words,
                cut=is_cut,
            )
            for recipient in recipients
        ]
