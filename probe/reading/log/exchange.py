"""Exchange message tracking logs: `#Fields:` names the columns, times are UTC.

https://learn.microsoft.com/exchange/mail-flow/transport-logs/message-tracking. A row may have several
recipients, separated by semicolons; their states are in `recipient-status` in the same order, and may have
semicolons inside braces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC

from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.csv_reader import CsvReader
from probe.reading.log.event import Event, Kind, Relay, Speaker, Stamp, Status, Words
from probe.reading.log.memory import RECIPIENTS
from probe.reading.log.words import is_reply

_FIELDS = "#Fields: "
_STATUS = {
    "SENDEXTERNAL": Status.SENT,
    "SEND": Status.SENT,
    "DELIVER": Status.SENT,
    "FAIL": Status.BOUNCED,
    "DEFER": Status.DEFERRED,
    "BADMAIL": Status.BOUNCED,
    "POISONMESSAGE": Status.HELD,
    "DROP": Status.DISCARDED,
}
_PART = regex(r"\{(LED|MSG|FQDN|IP|LRT)=([^{}]*)\}")
# A semicolon between recipients, not one inside [{...};{...}].
_STATES = regex(r"(?:\[[^\]]*\]|[^;\[])+")
_CODED = regex(r"([45]\d\d[ -].*)", re.DOTALL)


class ExchangeReader(CsvReader):
    """Reads what was sent, delivered, deferred and failed; RECEIVE, SUBMIT, DSN and others are not delivery
    results."""

    def header(self, text: str) -> Sequence[str] | None:
        if not text.startswith(_FIELDS):
            return None
        return [name.strip() for name in text[len(_FIELDS) :].split(",")]

    def row(self, row: Mapping[str, str], number: int) -> Sequence[Event]:
        word = row.get("event-id", "")
        status = _STATUS.get(word)
        if status is None or (word == "SEND" and row.get("source") != "SMTP"):
            return ()
        recipients = [part for part in row.get("recipient-address", "").split(";") if part][:RECIPIENTS]
        status_text = row.get("recipient-status", "").strip()
        # the words of one state may hold a semicolon, too
        states = (
            [part.strip() for part in _STATES.findall(status_text)] if len(recipients) > 1 else [status_text]
        )
        context = row.get("source-context", "")
        sender = row.get("return-path") or row.get("sender-address", "")
        source = row.get("original-server-ip") or row.get("client-ip") or None
        events = []
        targets: Sequence[str | None] = recipients or (None,)
        for position, recipient in enumerate(targets):
            state = states[position] if position < len(states) else states[0] if len(states) == 1 else ""
            words, relay = _words_of(state, context, status)
            if relay is None and status is Status.SENT and row.get("server-hostname"):
                relay = Relay(row["server-hostname"], row.get("server-ip") or None)
            events.append(
                Event(
                    self.file,
                    number,
                    Kind.ATTEMPT if word not in ("DROP", "POISONMESSAGE") else Kind.QUEUE,
                    status,
                    word,
                    self._at(row.get("date-time", "")),
                    row.get("connector-id") or row.get("source") or None,
                    row.get("internal-message-id") or None,
                    row.get("message-id") or None,
                    "" if sender == "<>" else sender,
                    recipient,
                    row.get("related-recipient-address") or None,
                    relay,
                    source if status is Status.SENT and word != "DELIVER" else None,
                    words=words,
                )
            )
        return events

    def _at(self, text: str) -> Stamp | None:
        stamp = self.clock.stamp(text)
        if stamp is not None and not stamp.has_zone:  # always UTC, and before 2013 without the Z
            return Stamp(stamp.at.replace(tzinfo=UTC))
        return stamp


def _words_of(state: str, context: str, status: Status) -> tuple[Words | None, Relay | None]:
    """The words of one recipient's state, else those that the context has."""
    parts = dict(_PART.findall(state))
    host, ip = parts.get("FQDN"), parts.get("IP")
    relay = Relay(host or None, ip or None) if host or ip else None
    text = parts.get("LED") if parts else state.strip()
    message = parts.get("MSG", "")
    if not text and _CODED.search(context):
        text = context
    if not text and not message:
        return (Words(Speaker.LOCAL, context), relay) if context else (None, relay)
    if status is Status.SENT:
        stage = Stage.END_OF_DATA if text and is_reply(text) else None
        return Words(Speaker.REMOTE if stage else Speaker.LOCAL, text or message, stage), relay
    # An error that names a host outside comes from there; Exchange's own have its own subsystem's name.
    is_own = relay is None or _is_own(text or "")
    return Words(Speaker.LOCAL if is_own else Speaker.REMOTE, (text or message).strip()), relay


def _is_own(text: str) -> bool:
    return not is_reply(text) or any(
        mark in text
        for mark in ("RESOLVER.", "STOREDRV.", "AGENT.", "QUEUE.", "ROUTING.", "SMTPSEND.", "DNS.")
    )
