"""Records of a log that are JSON: what stands in them of a line.

journald (`journalctl -o json`), Docker's json-file driver, and what collectors write: Fluent Bit, Logstash,
Vector, rsyslog, Filebeat (ECS), Graylog (GELF), Loki's logcli.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import cast

from probe._named_tuple import NamedTuple
from probe.model.text import decode
from probe.reading.log.event import Stamp
from probe.reading.log.stamps import iso_stamp, since_epoch

_KEYS = ("message", "msg", "line", "short_message")  # of a line, or of its text
_MARKS = tuple(f'"{key}"'.encode() for key in _KEYS)
_PROGRAMS = (
    "program",
    "programname",
    "appname",
    "app_name",
    "ident",
    "syslogtag",
    "syslog_program",
    "_application_name",
)
_PIDS = ("pid", "procid", "_process_id")
_STAMPS = ("timestamp", "@timestamp", "time", "timereported")


class Inside(NamedTuple):
    """What a record holds: a line, which may have a frame of its own (`is_line`), or the text alone; and
    when (in RFC 3339, or in seconds since 1970), by which program and process, where the record itself
    tells."""

    text: str
    time: str | float | None
    program: str | None = None
    pid: str | None = None
    is_line: bool = True
    is_sure: bool = True  # False: it is a line of a log only if a program is told

    @property
    def at(self) -> Stamp | None:
        if isinstance(self.time, str):
            return iso_stamp(self.time)
        return since_epoch(self.time) if self.time is not None else None


def inside(data: bytes) -> Inside | None:
    """What a JSON record holds of a line; None for any other JSON."""
    if b'"MESSAGE"' not in data and b'"log"' not in data and not any(mark in data for mark in _MARKS):
        return None
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    if "MESSAGE" in record:
        return _of_journal(record)
    log = record.get("log")
    if isinstance(log, str):  # Docker
        value = record.get("time")
        time = value if isinstance(value, str) else None
        return Inside(log.rstrip("\r\n"), time, is_line=log[:1] != "{")
    return _of_collector(record)


def _of_collector(record: Mapping[str, object]) -> Inside | None:
    """The line whole, or its parts."""
    text = _first_text(record, _KEYS)
    if text is None or text[:1] == "{":
        return None
    process = record.get("process")
    process_fields = cast("dict[str, object]", process) if isinstance(process, dict) else {}
    tag = _first_text(record, _PROGRAMS) or _first_text(process_fields, ("name",)) or ""
    program, _, rest = tag.rstrip(": ").partition("[")
    pid = rest.rstrip("]") or _first_text(record, _PIDS)
    time = _first_text(record, _STAMPS) or _number(record.get("timestamp"))
    return Inside(text.rstrip("\r\n").lstrip(" "), time, program or None, pid, is_sure=False)


def _first_text(record: Mapping[str, object], names: Sequence[str]) -> str | None:
    """The first value of these that is a text."""
    return next((value for name in names if isinstance(value := record.get(name), str)), None)


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _of_journal(record: Mapping[str, object]) -> Inside:
    message = record["MESSAGE"]
    if isinstance(message, list):  # octets that are not UTF-8 are exported as an array of numbers
        octets = (octet for octet in message if isinstance(octet, int) and 0 <= octet < 256)
        message = decode(bytes(octets))
    text = message if isinstance(message, str) else ""
    program = record.get("SYSLOG_IDENTIFIER") or record.get("_COMM")
    pid = record.get("_PID") or record.get("SYSLOG_PID")
    time = None
    for name in ("_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"):
        value = record.get(name)
        if isinstance(value, str) and value.isdecimal() and len(value) < 20:
            time = int(value) / 1_000_000
            break
    return Inside(
        text,
        time,
        program if isinstance(program, str) else None,
        pid if isinstance(pid, str) else None,
        is_line=False,
    )
