"""Exchange's SMTP protocol logs (SMTP Send and SMTP Receive): a row for each line of a session.

https://learn.microsoft.com/exchange/mail-flow/connectors/protocol-logging. `event` is `>` for what this
server sent, `<` for what it received, `+` and `-` for the connection, `*` for information. Who gives the
replies tells whose client it is. Exchange pipelines: replies are counted off against the commands before.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC

from probe._dataclass import dataclass, field
from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.csv_reader import CsvReader, cells_of
from probe.reading.log.event import Event, Kind, Relay, Speaker, Stamp, Status, Words
from probe.reading.log.memory import RECIPIENTS
from probe.reading.log.words import stage_of

_FIELDS = "#Fields: "
# As documented, in a row without a header.
_COLUMNS = (
    *("date-time", "connector-id", "session-id", "sequence-number", "local-endpoint", "remote-endpoint"),
    *("event", "data", "context"),
)
_ROW = regex(r"\d{4}-\d\d-\d\dT[\d:.]{8,16}Z,[^,]{0,260},[0-9A-F]{8,32},\d{1,9},")
_REPLY = regex(r"[2-5]\d\d(?:[ -]|\Z)")
_COMMAND = regex(
    r"(EHLO|HELO|STARTTLS|AUTH|MAIL FROM|RCPT TO|DATA|BDAT|RSET|QUIT|X-?[A-Z]{2,20})\b", re.IGNORECASE
)
_ADDRESS = regex(r":\s?<(.{0,320}?)>(?: |\Z)")
_MESSAGE = regex(r"sending message with RecordId (\d{1,20}) and InternetMessageId (<[^<>]{1,998}>)")
_ENDPOINT = regex(r"\[?([0-9a-fA-F.:]{2,45}?)\]?:(\d{1,5})\Z")
_NO_CONNECTION = regex(r"Failed to connect\b|target host .* marked as|Unable to connect", re.IGNORECASE)
_LAST = regex(r"BDAT \d+ LAST", re.IGNORECASE)
_PENDING = 2_000  # commands without a reply
_LINES = 100  # of one reply
_CODE = 3  # digits


@dataclass(slots=True)
class _Session:
    pending: deque[tuple[Stage | None, str]] = field(default_factory=lambda: deque(maxlen=_PENDING))
    sender: str | None = None
    record_id: str | None = None  # the internal message id of the message tracking log
    message_id: str | None = None
    recipients: list[str] = field(default_factory=list)  # that were accepted
    lines: list[str] = field(default_factory=list)  # of a reply that goes on in the next row
    is_greeted: bool = False
    is_invited: bool = False  # 354: the next reply is that to the message


class ExchangeSmtpReader(CsvReader):
    """Reads deliveries of send connectors, and what receive connectors refused."""

    def header(self, text: str) -> Sequence[str] | None:
        if not text.startswith(_FIELDS):
            return None
        return [name.strip() for name in text[len(_FIELDS) :].split(",")]

    def row(self, row: Mapping[str, str], number: int) -> Sequence[Event]:
        session_id = row.get("session-id", "")
        key = ("session", session_id)
        word, data = row.get("event", ""), row.get("data", "").strip()
        if word == "+":
            self.memory.note(key, _Session())
            return ()
        session = self.memory.note_of(key)
        if not isinstance(session, _Session):
            session = _Session()
            self.memory.note(key, session)
        if word == "-":
            self.memory.drop(key)
            return ()
        if word == "*":
            return self._information(session, row, number)
        if word not in ("<", ">") or not data:
            return ()
        if _REPLY.match(data):
            return self._reply(session, data, word == ">", row, number)
        command = _COMMAND.match(data)
        if command is not None:
            self._command(session, command[1], data)
        return ()

    def _command(self, session: _Session, name: str, data: str) -> None:
        stage = stage_of(name)
        address = _ADDRESS.search(data)
        session.is_greeted = True
        if name.upper() == "BDAT":
            stage = Stage.END_OF_DATA if _LAST.match(data) else Stage.DATA
        elif name.upper() == "RSET":
            session.recipients.clear()
        elif stage is Stage.MAIL:
            session.sender = address[1] if address is not None else None
            session.recipients.clear()
        session.pending.append((stage, address[1] if address is not None else ""))

    def _reply(
        self, session: _Session, data: str, is_own: bool, row: Mapping[str, str], number: int
    ) -> Sequence[Event]:
        if data[_CODE : _CODE + 1] == "-" and f" {data[:_CODE]} " not in data:
            if len(session.lines) < _LINES:
                session.lines.append(data)
            return ()
        data = "\n".join((*session.lines, _lines(data)))
        session.lines.clear()
        if session.is_invited:
            session.is_invited = False
            stage, address = Stage.END_OF_DATA, ""
        elif session.pending:
            command_stage, address = session.pending.popleft()
            if command_stage is None:
                return ()
            stage = command_stage
        elif session.is_greeted:
            return ()
        else:
            session.is_greeted, stage, address = True, Stage.GREETING, ""
        if stage is Stage.DATA and data.startswith("354"):
            session.is_invited = True
            return ()
        if is_own:
            return self._refusal(session, stage, address, data, row, number)
        if stage is Stage.RCPT and data[:1] == "2":
            if len(session.recipients) < RECIPIENTS:
                session.recipients.append(address)
            return ()
        if stage is Stage.END_OF_DATA:
            whom: Sequence[str | None] = tuple(session.recipients) or (None,)
            session.recipients.clear()
        elif data[:1] in "45" and stage in (Stage.GREETING, Stage.MAIL, Stage.RCPT, Stage.DATA):
            whom = (address,) if stage is Stage.RCPT else tuple(session.recipients) or (None,)
        else:
            return ()
        status = {"2": Status.SENT, "5": Status.BOUNCED}.get(data[:1], Status.DEFERRED)
        if stage is Stage.GREETING and status is Status.BOUNCED:
            status = Status.DEFERRED  # Exchange goes on with the next host, or tries again
        words = Words(Speaker.REMOTE, data, stage).about(whom)
        return [self._event(session, status, recipient, words, row, number) for recipient in whom]

    def _information(self, session: _Session, row: Mapping[str, str], number: int) -> Sequence[Event]:
        text = (row.get("context") or row.get("data") or "").strip()
        message = _MESSAGE.match(text)
        if message is not None:
            session.record_id, session.message_id = message.groups()
        if _NO_CONNECTION.match(text) is None:
            return ()
        words = Words(Speaker.LOCAL, text, Stage.CONNECT)
        return (self._event(session, Status.DEFERRED, None, words, row, number),)

    def _refusal(
        self, session: _Session, stage: Stage, address: str, data: str, row: Mapping[str, str], number: int
    ) -> Sequence[Event]:
        if data[:1] not in "45" or stage not in (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.END_OF_DATA):
            return ()
        words = Words(Speaker.LOCAL, data, stage)
        recipient = address if stage is Stage.RCPT else None
        event = self._event(session, Status.REJECTED, recipient, words, row, number)
        client = event.relay
        return (event._replace(kind=Kind.REFUSAL, relay=None, source_ip=None, client=client),)

    def _event(
        self,
        session: _Session,
        status: Status,
        recipient: str | None,
        words: Words,
        row: Mapping[str, str],
        number: int,
    ) -> Event:
        remote = _ENDPOINT.match(row.get("remote-endpoint", "").strip())
        local = _ENDPOINT.match(row.get("local-endpoint", "").strip())
        return Event(
            self.file,
            number,
            Kind.ATTEMPT,
            status,
            row.get("event", ""),
            self._at(row.get("date-time", "")),
            row.get("connector-id") or None,
            session.record_id or row.get("session-id") or None,
            session.message_id,
            session.sender,
            recipient,
            relay=Relay(None, remote[1], int(remote[2])) if remote is not None else None,
            source_ip=local[1] if local is not None else None,
            words=words,
        )

    def _at(self, text: str) -> Stamp | None:
        stamp = self.clock.stamp(text)
        return Stamp(stamp.at.replace(tzinfo=UTC)) if stamp is not None and not stamp.has_zone else stamp


def lone_refusal(text: str, number: int) -> Event | None:
    """What a single row without its header tells, if it is a refusal by the own server. (What a remote server
    said is read as a reply in a wrapping: who was meant is not told.)"""
    if ",>," not in text or _ROW.match(text) is None:
        return None
    row = dict(zip(_COLUMNS, cells_of(text) or (), strict=False))
    data = row.get("data", "").strip()
    remote = _ENDPOINT.match(row.get("remote-endpoint", "").strip())
    if row.get("event") != ">" or _REPLY.match(data) is None or data[:1] not in "45":
        return None
    return Event(
        "",
        number,
        Kind.REFUSAL,
        Status.REJECTED,
        ">",
        program=row["connector-id"] or None,
        queue_id=row["session-id"] or None,
        words=Words(Speaker.LOCAL, _lines(data)),
        client=Relay(None, remote[1], int(remote[2])) if remote is not None else None,
    )


def _lines(data: str) -> str:
    """A reply as a server sends it: Exchange 2013 and later write all its lines into one row."""
    return data[:_CODE] + re.sub(rf" (?={data[:_CODE]}[- ])", "\n", data[_CODE:])
