"""Postfix: smtp, lmtp, local, virtual, pipe, error, discard, cleanup, qmgr, smtpd, postscreen, postsuper.

The delivery line is that of Postfix 2.3 and later; 3.11 adds `tls=`. Reasons without a server's reply are
Postfix' own, and so is `dsn=`. Queue ids are short or long; services are named `postfix/smtp` or, with a
syslog_name of their own, `postfix-out/smtp`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from probe._regex import regex
from probe.model.text import decode
from probe.reading.log.event import END, Event, Kind, Record, Speaker, Status, Words
from probe.reading.log.frames import Frame, unframe
from probe.reading.log.memory import Memory, Message
from probe.reading.log.postfix_server import refusal
from probe.reading.log.postfix_words import STATUSES, status_of, words_of
from probe.reading.log.reader import LINE, TEXT, FramedReader
from probe.reading.log.words import Relays
from probe.reading.reply.disposition import may_tell

_ADDRESS = r"<((?>\"(?:[^\"\\]|\\.)*+\"|[^\">])*+)>"
_DELIVERY = regex(
    rf"([0-9A-Za-z]{{5,32}}|NOQUEUE): to={_ADDRESS}, (?:orig_to={_ADDRESS}, )?relay=([^,]*+), "
    r"(?:conn_use=\d+, )?delay=([\d.]+)(?:, delays=([\d./]+))?(?:, tls=([^,]*+))?"
    r"(?:, dsn=([245]\.\d{1,3}\.\d{1,3}))?, status=(?P<word>[A-Za-z-]+)(?: ?\((?P<rest>.*))?",
    re.DOTALL,
)
FROM = regex(rf"([0-9A-Za-z]{{5,32}}): from={_ADDRESS}, (?:status=([a-z-]+)(?:, (.*))?|size=)", re.DOTALL)
_HEAD = regex(
    rb"([0-9A-Za-z]{5,32}): (?:from=<([^\">\\]*+)>, size=|message-id=(<[^<>\s]*+>)\s*$|removed\s*$)"
)
_NEAR = 40  # octets that a queue id and the name behind it can take
_MESSAGE_ID = regex(r"([0-9A-Za-z]{5,32}): (?:resent-)?message-id=(.+)", re.DOTALL)
_SIMPLE = regex(r"([0-9A-Za-z]{5,32}): (removed|placed on hold|released from hold|expired|requeued)\s*")
_CORRUPT = regex(r'warning: saving corrupt file "([0-9A-Za-z]{5,32})" from queue ')
_TLS = regex(
    r"([A-Z]\w+ TLS connection) (?:established|reused) to (\S+?)(?: \([^)]*\))?: (\S+ with cipher \S+)(.*)",
    re.DOTALL,
)
_LOOKS_LIKE = regex(r"[0-9A-Za-z]{5,32}: to=<|\bstatus=(?:sent|deferred|bounced|expired|undeliverable)\b")
_BY_HAND = {  # with postsuper
    "removed": Status.REMOVED,
    "placed on hold": Status.HELD,
    "released from hold": Status.RELEASED,
    "requeued": Status.FORWARDED,  # under a new queue id
}
new_event: Callable[[tuple[Any, ...]], Event] = partial(tuple.__new__, Event)  # a third of the time


# In Python 3.11 an enum member look-up is as slow as a function call.
_ATTEMPT, _SENT, _DEFERRED, _EXPIRED = Kind.ATTEMPT, Status.SENT, Status.DEFERRED, Status.EXPIRED


class PostfixLines(FramedReader):
    """Reads line by line what Postfix' services log, in syslog of any form, in `maillog_file`, or in a
    container's log."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)
        self.relays = Relays()

    def read(self, data: bytes, number: int) -> Sequence[Record]:
        """Read a line. Most lines only name the sender of a message, its removal, or a client: for these the
        text after the process id is enough, and the frame is not parsed."""
        behind = data.find(b"]: ") + 3
        if behind < 3:
            return super().read(data, number)
        near = behind + _NEAR
        if (
            data.find(b"connect from ", behind, near) in (behind, behind + 3)
            or data.find(b": client=", behind, near) >= 0
        ):
            return ()
        if data.find(b": to=<", behind, near) >= 0:
            frame = unframe(data.rstrip(b"\r\n")[:LINE], self.clock)
            delivery = _DELIVERY.match(frame.text[:TEXT])
            if delivery is not None:
                return self._attempt(delivery, frame, data, number)
            return self.text(frame.text[:TEXT], frame, data, number)
        head = _HEAD.match(data, behind)
        if head is None or b"postsuper" in data:
            return super().read(data, number)
        queue_id, sender, message_id = head.groups()
        if sender is not None:
            self.memory.message(queue_id.decode("ascii")).sender = decode(sender)
        elif message_id is not None:
            self.memory.message(queue_id.decode("ascii")).message_id = decode(message_id)
        else:
            self.memory.forget(queue_id.decode("ascii"))
        return ()

    def matters(self, data: bytes) -> bool:
        return (
            b"status=" in data
            or b": from=" in data
            or b"message-id=" in data
            or b": removed" in data
            or b"reject: " in data
            or b" TLS connection " in data
            or b"hold" in data
            or b"discard: " in data
            or b"requeued" in data
            or b"saving corrupt file" in data
        )

    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        if " status=" in text or ": to=<" in text:
            delivery = _DELIVERY.match(text)
            if delivery is not None:
                return self._attempt(delivery, frame, data, number)
        if ": from=<" in text:
            match = FROM.match(text)
            if match is not None:
                return self._from(match, frame, number)
        if "message-id=" in text:
            match = _MESSAGE_ID.match(text)
            if match is not None:
                self.memory.message(match[1]).message_id = match[2].strip() or None
                return ()
        if text.endswith(("removed", "hold", "expired", "requeued")):
            simple = _SIMPLE.fullmatch(text)
            if simple is not None:
                return self._simple(simple[1], simple[2], frame, number)
        if text.startswith("warning: saving corrupt file"):
            corrupt = _CORRUPT.match(text)
            if corrupt is not None:
                message = self.memory.message_of(corrupt[1])
                return self._for_all(message, Status.HELD, "corrupt", None, corrupt[1], frame, number)
        if " TLS connection " in text:
            self._tls(text, frame)
            return ()
        if "reject: " in text or "hold: " in text or "discard: " in text:
            event = refusal(text, frame, self.file, number, self.memory)
            if event is not None:
                return (event,)
            if ("NOQUEUE: " in text or " from=<" in text) and ": warning: " not in text:
                return self.unread(data, number, "a refusal of Postfix' own that is not understood")
            return ()
        if _LOOKS_LIKE.search(text):
            return self.unread(data, number, "a delivery of Postfix whose fields are not understood")
        return ()

    def _attempt(self, match: re.Match[str], frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        if match["rest"] is None and match["word"] not in STATUSES:
            return self.unread(data, number, "the line ends before it says what became of the delivery")
        return (self.delivery(match.groups(), frame, number, False),)

    def delivery(self, fields: Sequence[Any], frame: Frame, number: int, brief: bool) -> Event:
        queue_id, recipient, orig_to, to, delay, parts, tls, dsn, word, rest = fields
        relay = self.relays[to]
        service = (frame.program or "").rpartition("/")[2]
        status = status_of(word, service, rest or "")
        earlier = tls_text = message_id = words = None
        parts_s: tuple[float, ...] = ()
        repeats = is_cut = False
        if not brief or status is not _SENT or (rest and may_tell(rest)):
            words, repeats, is_cut = words_of(rest, service, status)
        message = self.memory.message_of(queue_id)
        if status is _DEFERRED:
            self.memory.defer(queue_id, recipient, words)
        elif message is not None and message.deferrals:
            earlier = message.deferrals.pop(recipient, None)
        if not brief:
            message_id = message.message_id if message is not None else None
            parts_s = _parts(parts) if parts else ()
            tls_text = tls
            if tls is None and relay is not None and frame.pid is not None:
                tls_text = self._tls_of(frame.pid, to)
        return new_event(
            (
                self.file,
                number,
                _ATTEMPT,
                status,
                word,
                frame.at,
                frame.program,
                None if queue_id == "NOQUEUE" else queue_id,
                message_id,
                message.sender if message is not None else None,
                recipient,
                orig_to,
                relay,
                None,
                dsn,
                words,
                earlier if status is _EXPIRED else None,
                repeats,
                is_cut,
                None if brief else _seconds(delay),
                parts_s,
                tls_text or None,
                *END,
            )
        )

    def _from(self, match: re.Match[str], frame: Frame, number: int) -> Sequence[Record]:
        queue_id, sender, word, what = match.groups()
        message = self.memory.message(queue_id)
        message.sender = sender
        if word not in ("expired", "force-expired"):
            return ()
        words = Words(Speaker.LOCAL, what.strip()) if what else None
        events = self._for_all(message, _EXPIRED, word, words, queue_id, frame, number)
        message.deferrals = None
        return events

    def _simple(self, queue_id: str, what: str, frame: Frame, number: int) -> Sequence[Record]:
        service = (frame.program or "").rpartition("/")[2]
        message = self.memory.message_of(queue_id)
        if service != "postsuper":
            if what == "removed":
                self.memory.forget(queue_id)
            return ()
        status = _BY_HAND.get(what)
        if status is None:
            return ()
        events = self._for_all(message, status, what, None, queue_id, frame, number)
        if status in (Status.REMOVED, Status.FORWARDED):
            self.memory.forget(queue_id)
        return events

    def _for_all(
        self,
        message: Message | None,
        status: Status,
        word: str,
        words: Words | None,
        queue_id: str,
        frame: Frame,
        number: int,
    ) -> Sequence[Event]:
        """An event of a complete message, for each recipient known to wait; one event without a recipient if
        none is known."""
        entry = message if message is not None else Message()
        return self.queue_events(entry, entry.waiting, status, word, queue_id, frame, number, words)

    def _tls(self, text: str, frame: Frame) -> None:
        """Before 3.11 the TLS of a session has a line of its own, of the same process."""
        match = _TLS.match(text)
        if match is not None and frame.pid is not None:
            self.memory.note(("tls", frame.pid), (match[2], f"{match[1].split()[0]} {match[3]}"))

    def _tls_of(self, pid: str, relay: str) -> str | None:
        note = self.memory.note_of(("tls", pid))
        if isinstance(note, tuple) and note[0] == relay:
            return str(note[1])
        return None


def _parts(text: str) -> tuple[float, ...]:
    try:
        return tuple(map(float, text.split("/")))
    except ValueError:  # "1.2.3/4"
        return ()


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # "1.2.3"
        return 0.0
