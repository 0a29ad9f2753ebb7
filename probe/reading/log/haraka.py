"""Haraka: outbound deliveries, in its three log formats (default, logfmt, json).

`delivered` names no recipient: it is about all recipients of the transaction in that domain that no other
line refused or deferred. The n-th domain of a transaction has the uuid that ends in `.n`. A reply of several
lines is joined by blanks and keeps its code once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from probe._dataclass import dataclass, field
from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Status, Words
from probe.reading.log.frames import Frame
from probe.reading.log.memory import RECIPIENTS
from probe.reading.log.reader import FramedReader
from probe.reading.log.words import is_reply

_DEFAULT = regex(r"\[([A-Z]+)\] \[([0-9A-F-]{36}(?:\.\d+)*|-)\] \[([^\]]*)\] ?(.*)", re.DOTALL)
_FIELD = regex(r"([A-Za-z_]+)=(?:\"((?>[^\"\\]|\\.)*+)\"|(\S*))")
_ADDRESS = r"<((?>\"(?:[^\"\\]|\\.)*+\"|[^\">])*+)>"
_RECIPIENT = re.compile(rf"recipient {_ADDRESS} (rejected|deferred): (.*)", re.DOTALL)
_TAKEN = re.compile(rf"recipient {_ADDRESS}")
_BOUNCE = regex(r"bouncing mail: (.*)", re.DOTALL)
_DEFERRED = regex(r"Temp failing \S+ for (\d+) seconds: (.*)", re.DOTALL)
_SOCKET = regex(r"Failed to get socket: (.*?) ?([0-9a-fA-F.:]+):(\d+)\s*$", re.DOTALL)
_ONGOING = regex(r"(?:Ongoing connection failed to|Remote end) (\S+):(\d+) :? ?(.*)", re.DOTALL)
_OWN_MX = "MX "
_IS_LOCAL = " is local, skipping"
_UPSTREAM = "Upstream error: "
_DOMAINS = 100  # of one transaction
_PER_RECIPIENT = ("Some recipients failed: ", "Some recipients temp failed: ")


@dataclass(slots=True)
class _Transaction:
    sender: str | None = None
    recipients: dict[str, list[str]] = field(default_factory=dict)  # by domain, in the order of the domains
    final_recipients: set[str] = field(default_factory=set)
    message_id: str | None = None

    def domain(self, position: str) -> list[str]:
        """The recipients of the n-th domain; or of the only one."""
        groups = list(self.recipients.values())
        at = int(position) - 1 if position.isdecimal() and len(position) < 6 else 0
        return groups[at] if 0 <= at < len(groups) else groups[0] if len(groups) == 1 else []


class HarakaReader(FramedReader):
    """Reads Haraka's standard output or log file; level NOTICE has deliveries, INFO also failures."""

    def matters(self, data: bytes) -> bool:
        return (
            b"outbound" in data
            or b"recipient <" in data
            or b"sender <" in data
            or b"mid=" in data
            or b'"mid"' in data
        )

    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        fields = _fields(text)
        if fields is None:
            return ()
        uuid = fields.get("uuid", "")
        parts = uuid.split(".")
        if len(parts) < 2:
            return ()
        key = ".".join(parts[:2])
        message = fields.get("message", "")
        if len(parts) == 2 and fields.get("origin") != "outbound":
            self._arrival(key, message, fields)
            return ()
        if fields.get("origin", "").startswith("outbound"):
            return self._outbound(uuid, key, message, fields, frame, data, number)
        return ()

    def _transaction(self, key: str) -> _Transaction:
        note = self.memory.note_of(("transaction", key))
        if isinstance(note, _Transaction):
            return note
        fresh = _Transaction()
        self.memory.note(("transaction", key), fresh)
        return fresh

    def _arrival(self, key: str, message: str, fields: Mapping[str, str]) -> None:
        if message.startswith("sender <") and fields.get("code") in ("OK", "CONT", None):
            self._transaction(key).sender = message[8:].rpartition(">")[0]
        elif message.startswith("recipient <") and fields.get("code") == "OK":
            acceptance = _TAKEN.match(message)
            transaction = self._transaction(key)
            if acceptance is not None and len(transaction.recipients) < _DOMAINS:
                domain = acceptance[1].rpartition("@")[2].lower()
                group = transaction.recipients.setdefault(domain, [])
                if len(group) < RECIPIENTS:
                    group.append(acceptance[1])
                transaction.sender = fields.get("sender", transaction.sender)
        elif "mid" in fields:
            self._transaction(key).message_id = fields["mid"]

    def _outbound(
        self,
        uuid: str,
        key: str,
        message: str,
        fields: Mapping[str, str],
        frame: Frame,
        data: bytes,
        number: int,
    ) -> Sequence[Record]:
        transaction = self._transaction(key)
        position = uuid.split(".")[2] if uuid.count(".") >= 2 else "1"
        if "delivered file" in fields or "delivered" in message:
            return self._delivery(uuid, transaction, fields, frame, data, number)
        name_match = _RECIPIENT.match(message)
        if name_match is not None:
            recipient, word, text = name_match.groups()
            status = Status.BOUNCED if word == "rejected" else Status.DEFERRED
            transaction.final_recipients.add(recipient)
            words = Words(Speaker.REMOTE, text.strip(), Stage.RCPT)
            self.memory.note(("haraka", uuid, recipient), words)
            return (self._event(uuid, transaction, recipient, status, word, words, None, frame, number),)
        socket = _SOCKET.match(message) or None
        if socket is not None:
            relay = Relay(None, socket[2], int(socket[3]) if len(socket[3]) < 6 else None)
            self.memory.note(("relay", uuid), (relay, Words(Speaker.LOCAL, socket[1].strip(), Stage.CONNECT)))
            return ()
        ongoing_match = _ONGOING.match(message)
        if ongoing_match is not None:
            relay = Relay(
                None, ongoing_match[1], int(ongoing_match[2]) if len(ongoing_match[2]) < 6 else None
            )
            stage = Stage.CONNECT if "connect" in ongoing_match[3] and "waiting" in ongoing_match[3] else None
            self.memory.note(("relay", uuid), (relay, Words(Speaker.LOCAL, ongoing_match[3].strip(), stage)))
            return ()
        if message.startswith(_OWN_MX) and _IS_LOCAL in message:
            # what another MX host of the domain met says more: it may be the one with a smaller preference
            if self.memory.note_of(("relay", uuid)) is None:
                self.memory.note(("relay", uuid), (None, Words(Speaker.LOCAL, message.strip(), Stage.DNS)))
            return ()
        bounce, deferral = _BOUNCE.match(message), _DEFERRED.match(message)
        if bounce is None and deferral is None:
            return ()
        text = bounce[1] if bounce is not None else deferral[2] if deferral is not None else ""
        status = Status.BOUNCED if bounce is not None else Status.DEFERRED
        return self._all(uuid, transaction, position, status, text.strip(), frame, number)

    def _all(
        self,
        uuid: str,
        transaction: _Transaction,
        position: str,
        status: Status,
        text: str,
        frame: Frame,
        number: int,
    ) -> Sequence[Record]:
        """The result for all recipients without a line of their own."""
        if text.startswith(_PER_RECIPIENT):
            return ()
        note = self.memory.drop(("relay", uuid))
        relay, before = note if isinstance(note, tuple) else (None, None)
        upstream = text.removeprefix(_UPSTREAM)
        if text.startswith("Too many failures"):
            status = Status.EXPIRED
        if is_reply(upstream):
            words, before = Words(Speaker.REMOTE, upstream), None
        elif before is not None and text.startswith("Tried all MXs"):
            words, before = before, None
        else:
            reply_text = text.replace("\\r", "").replace("\\n", " ").strip()
            words = Words(Speaker.LOCAL, reply_text, _own_stage(reply_text))
        group = transaction.domain(position)
        rest: Sequence[str | None] = [to for to in group if to not in transaction.final_recipients]
        if not rest and not transaction.final_recipients:
            rest = (None,)  # the lines that name them are not in this log
        words = words.about(rest) if words is not None else None
        word = "Temp failing" if status is Status.DEFERRED else "bouncing mail"
        return [
            self._event(uuid, transaction, recipient, status, word, words, relay, frame, number, before)
            for recipient in rest
        ]

    def _delivery(
        self,
        uuid: str,
        transaction: _Transaction,
        fields: Mapping[str, str],
        frame: Frame,
        data: bytes,
        number: int,
    ) -> Sequence[Record]:
        if "host" not in fields and "ip" not in fields:
            return self.unread(data, number, "a delivery of Haraka without its host")
        port = fields.get("port", "")
        relay = Relay(
            fields.get("host"), fields.get("ip"), int(port) if port.isdecimal() and len(port) < 6 else None
        )
        group = transaction.recipients.get(fields.get("domain", "").lower(), [])
        recipients: Sequence[str | None] = [to for to in group if to not in transaction.final_recipients] or (
            None,
        )
        transaction.final_recipients.update(to for to in recipients if to is not None)
        response = fields.get("response", "")
        words = Words(Speaker.REMOTE, response, Stage.END_OF_DATA).about(recipients) if response else None
        delay = fields.get("delay", "")
        seconds = float(delay) if re.fullmatch(r"\d{1,9}(?:\.\d{1,6})?", delay) else None
        return [
            self._event(
                uuid, transaction, to, Status.SENT, "delivered", words, relay, frame, number, None, seconds,
                fields.get("tls"),
            )
            for to in recipients
        ]  # fmt: skip

    def _event(
        self,
        uuid: str,
        transaction: _Transaction,
        recipient: str | None,
        status: Status,
        word: str,
        words: Words | None,
        relay: Relay | None,
        frame: Frame,
        number: int,
        earlier: Words | None = None,
        delay: float | None = None,
        tls: str | None = None,
    ) -> Event:
        return Event(
            self.file,
            number,
            Kind.ATTEMPT,
            status,
            word,
            frame.at,
            "outbound",
            uuid,
            transaction.message_id,
            transaction.sender,
            recipient,
            relay=relay,
            words=words,
            earlier=earlier,
            delay_s=delay,
            tls=tls,
        )


def _own_stage(text: str) -> Stage | None:
    if text.startswith(("Nowhere to deliver", "DNS lookup failure")) or "NULL MX" in text:
        return Stage.DNS
    return None


def _fields(text: str) -> Mapping[str, str] | None:
    """A line's fields, including `message`, in any of the formats."""
    if text.startswith("{"):
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return {name: str(value) for name, value in record.items()} if isinstance(record, dict) else None
    if text.startswith("level="):
        values = {name: inner or plain for name, inner, plain in reversed(_FIELD.findall(text))}
        if " delivered file=" in text:
            values["delivered file"] = values.get("file", "")
        return {name: value.replace('\\"', '"') for name, value in values.items()}
    default = _DEFAULT.match(text)
    if default is None:
        return None
    level, uuid, origin, message = default.groups()
    fields = {name: inner or plain for name, inner, plain in reversed(_FIELD.findall(message))}
    if message.startswith("delivered file="):
        fields["delivered file"] = fields.get("file", "")
    return {**fields, "level": level, "uuid": uuid, "origin": origin, "message": message}
