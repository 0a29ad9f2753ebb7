"""The frames that logging systems add to lines of a mail program: syslog, journald, containers.

Syslog as rsyslog and others write it: `Nov 28 20:25:15 host program[pid]: text` (RFC 3164), the same with an
RFC 3339 stamp, and RFC 5424. journald as JSON (`journalctl -o json`). Docker's json-file, Docker Compose's
`service | `, and the container runtimes' `STAMP stdout F `. What `kubectl logs --prefix` and `--timestamps`,
`docker logs -t` and Loki's logcli put before a line, and collectors' JSON with the line as `message`. TAI64N
stamps (`@40000000...`) of multilog and s6-log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from probe._named_tuple import NamedTuple
from probe._regex import regex
from probe.model.text import decode
from probe.reading.log.event import Stamp


class Frame(NamedTuple):
    """A line without its frame. `program` and `pid` are None if the frame does not have them."""

    at: Stamp | None
    program: str | None
    pid: str | None
    text: str


_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?"
_BSD = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,6})?"
# What follows the time stamp in logs other than syslog: JSON, a level, qmail's result, Exim's message id or
# process id.
_NO_HOST = r"[{\[]|level=|delivery \d{1,20}: |[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4} "
# The tag: a path is the name of a Postfix service; the pid may be missing.
_TAG = r"(?P<program>[^\s:\[\]]{1,128})(?:\[(?P<pid>[\w.\-]{1,40})\])?: ?"
_SYSLOG = regex(
    rf"(?:<\d{{1,3}}>)?(?P<at>{_BSD}|{_ISO}) (?!{_NO_HOST})\S{{1,255}} {_TAG}(?P<text>.*)",
    re.DOTALL,
)
# rsyslog writes 0 as the version of a line that came in the older form.
_RFC5424 = regex(
    r"(?:<\d{1,3}>)?\d{1,2} (?P<at>\d{4}-\S{14,35}|-) (?P<host>\S{1,255}) (?P<program>\S{1,128})"
    r" (?P<pid>\S{1,128})"
    r" \S{1,64} (?:-|(?:\[(?:[^\]\"\\]|\\.|\"(?:[^\"\\]|\\.)*\")*\])+) ?(?:\ufeff)? ?(?P<text>.*)",
    re.DOTALL,
)
_STAMPED = re.compile(rf"(?P<at>{_ISO})(?P<rest> .*|)", re.DOTALL)
_COMPOSE = regex(rb"[\w.-]{1,64}(?:/[\w.-]{1,64})? {1,64}\| ?|\[pod/[\w.-]{1,253}/[\w.-]{1,63}\] ")
_LABELS = regex(r" *\{[^{}]{1,1000}\} +")  # of a stream of Loki
_RUNTIME = regex(rb"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^ ]{0,20}) (?:stdout|stderr) [FP] ")
_TAI64N = regex(rb"@([0-9a-f]{16})[0-9a-f]{8} ")
_TAI_OF_1970 = 2**62 + 10  # what multilog and s6-log add to a Unix time
_COLOURS = regex(rb"\x1b\[[\d;]{0,16}m")
_FRACTION = regex(r"[.,](\d{1,9})")
# rsyslog's message for a repetition of the line before
REPEATED = regex(r"message repeated (?P<times>\d{1,9}) times: \[ ?(?P<text>.*)\]\s*", re.DOTALL)
_PROGRAMS = ("program", "programname", "appname", "app_name", "ident", "syslogtag", "syslog_program")
_STAMPS = ("timestamp", "@timestamp", "time", "timereported")
_DAY, _BSD_LENGTH = 6, 15  # of `Nov 28 20:25:15`
_SKEW = timedelta(days=1)  # a clock may be wrong, and a zone is up to 14 hours away


class Clock:
    """Reads the time stamps of one file. `reference`: the time of the last write to the file, if known;
    stamps without a year are in the twelve months before it."""

    def __init__(self, reference: datetime | None = None) -> None:
        self.reference = reference or datetime(1970, 1, 1, tzinfo=UTC)
        self._has_reference = reference is not None
        self._last: tuple[str, Stamp | None] = ("", None)
        self._days: dict[str, datetime] = {}  # those without a year, at midnight, which were read

    def stamp(self, text: str) -> Stamp | None:
        """The time that `text` names; None if there is none, or it is impossible (30 February)."""
        if text == self._last[0]:  # many lines have the same second
            return self._last[1]
        day = self._days.get(text[:_DAY]) if len(text) == _BSD_LENGTH else None
        if day is not None:
            time = _at_clock(day, text)
        else:
            time = self._bsd(text) if text[:1].isalpha() else _iso(text)
            if time is not None and not time.has_year and time.at.date() < self.reference.date():
                self._days[text[:_DAY]] = datetime.combine(time.at, datetime.min.time())
        self._last = (text, time)
        return time

    def _bsd(self, text: str) -> Stamp | None:
        parts = text.split()
        try:
            month, day = _MONTHS[parts[0]], int(parts[1])
            year = int(parts[2]) if len(parts) == 4 else None
            hour, minute, second = parts[-1].split(":")
            whole, _, fraction = second.partition(".")
            clock = (int(hour), int(minute), min(int(whole), 59), int((fraction or "0").ljust(6, "0")))
            if year is not None:
                return Stamp(datetime(year, month, day, *clock))
            return self._without_year(month, day, clock)
        except (KeyError, ValueError, IndexError):
            return None

    def _without_year(self, month: int, day: int, clock: tuple[int, int, int, int]) -> Stamp | None:
        newest = self.reference.replace(tzinfo=None) + _SKEW
        for year in range(newest.year, newest.year - 9, -1):  # 29 February may be eight years back
            try:
                at = datetime(year, month, day, *clock)
            except ValueError:
                continue
            if at <= newest or not self._has_reference:
                return Stamp(at, has_year=False)
        return None


def _at_clock(day: datetime, text: str) -> Stamp | None:
    """The time of a day whose year is known: `Nov 28 20:25:15`."""
    try:
        at = day.replace(hour=int(text[7:9]), minute=int(text[10:12]), second=min(int(text[13:15]), 59))
    except ValueError:
        return None
    return Stamp(at, has_year=False)


def _iso(text: str) -> Stamp | None:
    text = text.strip()
    if fraction := _FRACTION.search(text):  # Python 3.11 reads three or six digits, and only after a point
        text = f"{text[: fraction.start()]}.{fraction[1][:6].ljust(6, '0')}{text[fraction.end() :]}"
    head, sign, zone = text[:19], text[19:].lstrip(".0123456789 ")[:1], text[19:]
    if sign in ("+", "-"):
        zone = zone.replace(" ", "")
    if ":60" in head[16:]:
        head = f"{head[:16]}:59"  # a leap second
    try:
        return Stamp(datetime.fromisoformat(head + zone))
    except ValueError:
        return None


def since_epoch(seconds: float) -> Stamp | None:
    """A Unix time in seconds."""
    try:
        return Stamp(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def unframe(data: bytes, clock: Clock) -> Frame:
    """Remove the frame of a line; a line without one is all text. Never raises."""
    if data[:1] == b"{":
        inner_frame = _json(data, clock)
        if inner_frame is not None:
            return inner_frame
    if data[:1] == b"@" and (external := _TAI64N.match(data)):
        inner = _syslog(decode(data[external.end() :]), clock)
        seconds = int(external[1], 16) - _TAI_OF_1970
        return inner if inner.at is not None else inner._replace(at=since_epoch(seconds))
    if b"\x1b[" in data:
        data = _COLOURS.sub(b"", data)
    usual = _SYSLOG.match(decode(data))
    if usual is not None:
        at, program, pid, message = usual.groups()
        return Frame(clock.stamp(at), program, pid, message)
    runtime = _RUNTIME.match(data)
    if runtime is not None:
        inner = _syslog(decode(data[runtime.end() :]), clock)
        return inner if inner.at is not None else inner._replace(at=clock.stamp(runtime["at"].decode()))
    compose = _COMPOSE.match(data)
    if compose is not None:
        data = data[compose.end() :]
    return _syslog(decode(data), clock)


def _syslog(text: str, clock: Clock) -> Frame:
    match = _SYSLOG.match(text)
    if match is not None:
        at, program, pid, message = match.groups()
        return Frame(clock.stamp(at), program, pid, message)
    match = _RFC5424.match(text)
    if match is not None:
        at, _, program, pid, message = match.groups()
        return Frame(clock.stamp(at), program, None if pid == "-" else pid, message)
    match = _STAMPED.match(text)
    if match is None:
        return Frame(None, None, None, text)
    rest = match["rest"]
    labels = _LABELS.match(rest)
    inner = _SYSLOG.match(rest[labels.end() :] if labels else rest.lstrip())
    if inner is not None:  # the outer stamp is that of the collector
        at, program, pid, message = inner.groups()
        return Frame(clock.stamp(at), program, pid, message)
    return Frame(clock.stamp(match["at"]), None, None, rest.lstrip())


def _json(data: bytes, clock: Clock) -> Frame | None:
    """journald's export, the files of Docker's json-file driver, and collectors' records of a syslog line;
    None for any other JSON."""
    if b'"MESSAGE"' not in data and b'"log"' not in data and b'"message"' not in data:
        return None
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    if "MESSAGE" in record:
        return _journal(record)
    log, value = record.get("log"), record.get("time")
    if not isinstance(log, str):
        return _of_collector(record, clock)
    inner = unframe(log.rstrip("\r\n").encode("utf-8", "surrogatepass"), clock) if log[:1] != "{" else None
    if inner is None:
        inner = Frame(None, None, None, log.rstrip("\r\n"))
    if inner.at is None and isinstance(value, str):
        inner = inner._replace(at=_iso(value))
    return inner


def _of_collector(record: dict[str, object], clock: Clock) -> Frame | None:
    """A record of Fluent Bit, Logstash, Vector or rsyslog: the syslog line whole, or its parts; None if it
    holds neither (Haraka's own JSON has a `message`, too)."""
    message = record.get("message")
    if not isinstance(message, str) or message[:1] == "{":
        return None
    line = unframe(message.rstrip("\r\n").encode("utf-8", "surrogatepass"), clock)
    if line.program is not None:
        return line
    program = _first_text(record, _PROGRAMS)
    if program is None:
        return None
    name, _, rest = program.rstrip(": ").partition("[")
    stamp = _first_text(record, _STAMPS)
    pid = rest.rstrip("]") or _first_text(record, ("pid", "procid"))
    return Frame(_iso(stamp) if stamp else line.at, name, pid, message.lstrip(" "))


def _first_text(record: dict[str, object], names: Sequence[str]) -> str | None:
    """The first value of these that is a text."""
    return next((value for name in names if isinstance(value := record.get(name), str)), None)


def _journal(record: dict[str, object]) -> Frame:
    message = record["MESSAGE"]
    if isinstance(message, list):  # octets that are not UTF-8 are exported as an array of numbers
        octets = (octet for octet in message if isinstance(octet, int) and 0 <= octet < 256)
        message = decode(bytes(octets))
    text = message if isinstance(message, str) else ""
    program = record.get("SYSLOG_IDENTIFIER") or record.get("_COMM")
    pid = record.get("_PID") or record.get("SYSLOG_PID")
    at = None
    for name in ("_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"):
        value = record.get(name)
        if isinstance(value, str) and value.isdecimal() and len(value) < 20:
            at = since_epoch(int(value) / 1_000_000)
            break
    return Frame(
        at, program if isinstance(program, str) else None, pid if isinstance(pid, str) else None, text
    )
