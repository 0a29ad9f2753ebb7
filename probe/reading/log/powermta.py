"""PowerMTA's accounting files: comma-separated, columns by the header.

Record types: d delivered, b bounced, t transient failure, tq the same for a whole queue (it names no
recipient), rb a bounce that came back later from a server that had taken the message, rs another such report.
`dsnDiag` is the reply (`smtp;550 ...`) or PowerMTA's own words, `dsnMta` the host, `queue` is domain/vmta.
Times have a zone, or are seconds since 1970.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.csv_reader import CsvReader, cells_of
from probe.reading.log.event import Event, Kind, Relay, Speaker, Stamp, Status, Words
from probe.reading.log.words import is_reply

_QUEUE_TYPE, _LATE_TYPE = "tq", "rb"
_STATUS = {
    "d": Status.SENT,
    "b": Status.BOUNCED,
    _LATE_TYPE: Status.BOUNCED,
    "t": Status.DEFERRED,
    _QUEUE_TYPE: Status.DEFERRED,
}
_EXPIRED = "message-expired"
_OTHER_TYPES = ("r", "f", "rs", "x", "s", "p")
_SECONDS = regex(r"\d{9,11}")  # since 1970
_DIAGNOSTIC = regex(r"\s*(smtp|x-[a-z0-9-]+)\s*;\s*(.*)", re.IGNORECASE | re.DOTALL)
_MTA = regex(r"([^\s(]+)(?: ?\(([^)]*)\))?")
_STATUS_CODE = regex(r"([245]\.\d{1,3}\.\d{1,3})\b")


class PowerMtaReader(CsvReader):
    """Reads the types d, b, rb, t and tq."""

    has_late_bounces = True

    def header(self, text: str) -> Sequence[str] | None:
        if not text.startswith(("type,", '"type",')):
            return None
        return cells_of(text)

    def matters(self, cells: Sequence[str]) -> bool:
        return bool(cells) and cells[0] not in _OTHER_TYPES

    def row(self, row: Mapping[str, str], number: int) -> Sequence[Event]:
        kind = row.get("type", "")
        status = _STATUS.get(kind)
        if status is None:
            return ()
        if kind == "b" and row.get("bounceCat") == _EXPIRED:
            status = Status.EXPIRED
        match = _STATUS_CODE.match(row.get("dsnStatus", ""))
        host = _MTA.match(row.get("dsnMta", "").strip())
        address = row.get("dlvDestinationIp") or (host[2] if host is not None else None)
        name = host[1] if host is not None else None
        domain = row.get("queue", "").partition("/")[0] or None if kind == _QUEUE_TYPE else None
        if name is None:
            name = domain  # nobody else is named
        relay = Relay(name, address or None)
        at, queue_time = self._stamp(row.get("timeLogged", "")), None
        if at is not None and row.get("timeQueued"):
            queue_time = self._stamp(row["timeQueued"])
        delay = None
        if at is not None and queue_time is not None and at.has_zone == queue_time.has_zone:
            delay = (at.at - queue_time.at).total_seconds()
        return (
            Event(
                self.file,
                number,
                Kind.ATTEMPT,
                status,
                row.get("dsnAction") or kind,
                at,
                row.get("vmta") or None,
                row.get("envId") or row.get("jobId") or None,
                row.get("header_Message-Id") or None,
                row.get("orig"),
                row.get("rcpt") or None,
                row.get("orcpt") or None,
                relay if relay.host or relay.ip else None,
                row.get("dlvSourceIp") or None,
                match[1] if match is not None else None,
                _words(row.get("dsnDiag", "") or row.get("dsnStatus", ""), kind),
                delay_s=delay,
                domain=domain,
                is_late=kind == _LATE_TYPE,
            ),
        )

    def _stamp(self, text: str) -> Stamp | None:
        if _SECONDS.fullmatch(text) is not None:
            return Stamp(datetime.fromtimestamp(int(text), UTC))
        return self.clock.stamp(text)


def _words(text: str, kind: str) -> Words | None:
    match = _DIAGNOSTIC.match(text)
    words = (match[2] if match is not None else text).strip()
    if not words:
        return None
    if is_reply(words):
        return Words(Speaker.REMOTE, words, Stage.END_OF_DATA if kind == "d" else None)
    return Words(Speaker.LOCAL, words)
