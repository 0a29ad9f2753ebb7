"""Maddy: lines of its queue, an event's name and JSON with the fields (framework/log, target/queue/queue.go).

`delivery attempt failed` comes first; `not delivered, permanent error` of the same recipient, or `will retry`
of the message, tells behind it what follows. A remote 552 is told as 452, after RFC 5321 section 4.5.3.1.10.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Status, Words
from probe.reading.log.frames import Frame
from probe.reading.log.json_text import items_of, text_of
from probe.reading.log.memory import Memory
from probe.reading.log.reader import FramedReader

_LINE = regex(
    r"(?:[\w./-]{1,64}: )?(incoming message|delivered|delivery attempt failed|not delivered, permanent error"
    r"|will retry)(?:\t|#011| +)(\{.*\})\s*",
)
_STATUS = regex(r"[245]\.\d{1,3}\.\d{1,3}")
_ENDPOINT = regex(r"\[?([0-9a-fA-F.:]{2,45}?)\]?:(\d{1,5})")
_FAILED = "delivery attempt failed"
_BEFORE_REPLY = " said: "
_HELD = 10_000  # failures of which it is not told yet what follows
_Key = tuple[str, str]


class MaddyReader(FramedReader):
    """Reads Maddy's log: what it wrote to standard error, or to a file."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)
        self._failures: dict[_Key, tuple[Event, str]] = {}  # and the codes that Maddy gave them

    def matters(self, data: bytes) -> bool:
        return b'"msg_id":' in data and b"[debug] " not in data

    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        match = _LINE.fullmatch(text)
        if match is None:
            return ()
        try:
            fields = json.loads(match[2])
        except (ValueError, RecursionError):
            return self.unread(data, number, "a line of Maddy whose fields are no JSON")
        what, queue_id, recipient = match[1], text_of(fields, "msg_id"), text_of(fields, "rcpt")
        if not queue_id:
            return ()
        if what == "incoming message":
            self.memory.message(queue_id).sender = text_of(fields, "sender")
            return ()
        if what == "will retry":
            names = [it for it in items_of(fields, "rcpts") if isinstance(it, str)]
            return self._put_off([(queue_id, name) for name in names])
        if recipient is None:
            return ()
        if what == _FAILED:
            event = self._event(what, queue_id, recipient, fields, frame, number)
            return self._failed((queue_id, recipient), event, text_of(fields, "smtp_code") or "")
        if what == "delivered":
            self.memory.settle(queue_id, recipient)
            return (self._event(what, queue_id, recipient, fields, frame, number),)
        return self._given_up((queue_id, recipient))

    def end(self) -> Sequence[Record]:
        return self._put_off(list(self._failures))

    def _failed(self, key: _Key, event: Event, code: str) -> Sequence[Record]:
        oldest = [next(iter(self._failures))] if len(self._failures) >= _HELD else []
        earlier = self._put_off([*oldest, key])
        self._failures[key] = (event, code)
        return earlier

    def _put_off(self, keys: Sequence[_Key]) -> Sequence[Record]:
        """The failures of these as deferrals."""
        events = [self._failures.pop(key)[0] for key in keys if key in self._failures]
        for event in events:
            self.memory.defer(event.queue_id or "", event.recipient or "", event.words)
        return events

    def _given_up(self, key: _Key) -> Sequence[Record]:
        """No further try: for what was said, or because there were enough of them."""
        event, code = self._failures.pop(key, (None, ""))
        if event is None:
            return ()
        is_late = self.memory.is_deferred(*key)
        self.memory.settle(*key)
        if code[:1] == "4" or (not code and is_late):
            return (event._replace(status=Status.EXPIRED, earlier=event.words),)
        return (event._replace(status=Status.BOUNCED),)

    def _event(
        self,
        what: str,
        queue_id: str,
        recipient: str,
        fields: Mapping[str, object],
        frame: Frame,
        number: int,
    ) -> Event:
        message = self.memory.message_of(queue_id)
        is_failure = what == _FAILED
        return Event(
            self.file,
            number,
            Kind.ATTEMPT,
            Status.DEFERRED if is_failure else Status.SENT,
            what,
            frame.at,
            frame.program,
            queue_id,
            sender=message.sender if message is not None else None,
            recipient=recipient,
            relay=_relay(text_of(fields, "remote_server") or ""),
            words=_words(fields) if is_failure else None,
        )


def _words(fields: Mapping[str, object]) -> Words | None:
    """A remote server's reply, put together again; else what Maddy says of it."""
    code, status = text_of(fields, "smtp_code"), text_of(fields, "smtp_enchcode") or ""
    message, reason = text_of(fields, "smtp_msg") or "", text_of(fields, "reason") or ""
    server = text_of(fields, "remote_server")
    text = message.removeprefix(f"{server}{_BEFORE_REPLY}")
    is_told_twice = reason in (message, text, f"SMTP error {code}: {text}")
    if server and code and text and (text != message or is_told_twice):
        status = f"{status} " if _STATUS.fullmatch(status) is not None else ""
        return Words(Speaker.REMOTE, f"{code} {status}{text}")
    own = reason or message
    if not own:
        return None
    stage = Stage.DNS if "lookup " in own else Stage.CONNECT if "dial tcp" in own else None
    return Words(Speaker.LOCAL, own, stage)


def _relay(text: str) -> Relay | None:
    endpoint = _ENDPOINT.fullmatch(text)
    if endpoint is not None:
        return Relay(None, endpoint[1], int(endpoint[2]))
    return Relay(text.rstrip(".")) if text else None
