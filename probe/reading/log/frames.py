"""The frames that logging systems and tools add to lines of a mail program: syslog, journald, containers.

Syslog as rsyslog and others write it: `Nov 28 20:25:15 host program[pid]: text` (RFC 3164), the same with an
RFC 3339 stamp, and RFC 5424; with the facility (`mail.info`: AIX, FreeBSD, busybox) or a message's number
(Solaris). journald's JSON, Docker's json-file, and collectors' records (`json_frames`). Docker Compose's
`service | `, and the container runtimes' `STAMP stdout F `; what `kubectl logs --prefix` and `--timestamps`,
stern, `docker logs -t`, `aws logs tail`, Loki's logcli and grep put before a line. TAI64N stamps
(`@40000000...`) of multilog and s6-log.
"""

from __future__ import annotations

import re

from probe._named_tuple import NamedTuple
from probe._regex import regex
from probe.model.text import decode
from probe.reading.log.event import Stamp
from probe.reading.log.json_frames import Inside, inside
from probe.reading.log.stamps import BSD, ISO, Clock, since_epoch


class Frame(NamedTuple):
    """A line without its frame. `program` and `pid` are None if the frame does not have them."""

    at: Stamp | None
    program: str | None
    pid: str | None
    text: str


# What follows the time stamp in logs other than syslog: JSON, a level, qmail's result, Exim's message id or
# process id.
_NO_HOST = r"[{\[]|level=|delivery \d{1,20}: |[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4} "
_HOST = r"[^\s\[\]]{1,255} "
_FACILITY = (
    r"<?(?:mail|user|daemon|local[0-7]|auth(?:priv)?|syslog|kern)[.:]"
    r"(?:emerg|alert|crit|err(?:or)?|warn(?:ing)?|notice|info|debug)>? "
)
_FORWARDED = r"(?:Message forwarded from \S{1,255}: )?"  # AIX
# The tag: a path is the name of a Postfix service; the pid may be missing. Behind it macOS writes a level,
# and Solaris the number of the message.
_NAME = r"(?P<program>[^\s:\[\]]{1,128})"
_PID = r"\[(?P<pid>[\w.\-]{1,40})\](?: <[A-Z]\w{2,10}>)?"
_NUMBER = r"(?:\[ID \d{1,10} [\w.]{1,40}\] )?"
_SYSLOG = regex(
    rf"(?:<\d{{1,3}}>)?(?P<at>{BSD}|{ISO}) (?:{_FACILITY})?(?!{_NO_HOST}){_HOST}(?:{_FACILITY})?{_FORWARDED}"
    rf"{_NAME}(?:{_PID})?: ?{_NUMBER}(?P<text>.*)",
    re.DOTALL,
)
# The same with a stamp that few write: with a weekday, a year behind it, a zone's name, in seconds since 1970
# or since the start (journalctl -o short-full, short-unix, short-monotonic; OpenWrt's logread); or no host.
_SELDOM = regex(
    r"(?:<\d{1,3}>)?(?:(?P<day>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? ))?"
    rf"(?P<at>{BSD}|{ISO}|\d{{9,11}}\.\d{{1,9}}|\[ {{0,12}}\d{{1,12}}\.\d{{1,9}}\])"
    r"(?: (?P<zone>[A-Z]{2,5}))?(?: (?P<year>\d{4}))? "
    rf"(?:{_FACILITY})?(?:{_HOST})?(?:{_FACILITY})?{_NAME}{_PID}: ?{_NUMBER}(?P<text>.*)",
    re.DOTALL,
)
# rsyslog writes 0 as the version of a line that came in the older form.
_RFC5424 = regex(
    r"(?:<\d{1,3}>)?\d{1,2} (?P<at>\d{4}-\S{14,35}|-) (?P<host>\S{1,255}) (?P<program>\S{1,128})"
    r" (?P<pid>\S{1,128})"
    r" \S{1,64} (?:-|(?:\[(?:[^\]\"\\]|\\.|\"(?:[^\"\\]|\\.)*\")*\])+) ?(?:\ufeff)? ?(?P<text>.*)",
    re.DOTALL,
)
_STAMPED = re.compile(rf"(?P<at>{ISO})(?P<rest> .*|)", re.DOTALL)
_COMPOSE = regex(rb"[\w.-]{1,64}(?:/[\w.-]{1,64})? {1,64}\| ?|\[pod/[\w.-]{1,253}/[\w.-]{1,63}\] ")
_LABELS = regex(r" *\{[^{}]{1,1000}\} +")  # of a stream of Loki
_RUNTIME = regex(rb"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^ ]{0,20}) (?:stdout|stderr) [FP] ")
_TAI64N = regex(rb"@([0-9a-f]{16})[0-9a-f]{8} ")
_TAI_OF_1970 = 2**62 + 10  # what multilog and s6-log add to a Unix time
_COLOURS = regex(rb"\x1b\[[\d;]{0,16}m")
# What stands before a whole line: of a mail that quotes it, of journalctl's json-seq and json-sse; a file's
# name and the line's number (grep); the names of a stream or a container (stern, aws logs tail); a time and a
# tag (Fluentd). A stamp or a record follows.
_BEFORE_LINE = rf"(?=(?:<\d{{1,3}}>)?(?:{BSD}|{ISO})|\{{)"
_LEAD_IN = regex(
    rf"(?:(?:> ?){{1,9}}|\x1e|data: |[^\s:{{}}<>\[\]\"]{{1,255}}[:-](?:\d{{1,9}}[:-])?){_BEFORE_LINE}"
    rf"|(?:[^\s{{}}<>]{{1,255}} ){{1,3}}(?=(?:<\d{{1,3}}>)?(?:{BSD}|{ISO}) {_HOST}{_NAME}\[)"
    r"|[^\t{]{1,64}\t[^\t{]{1,255}\t(?=\{)"
)
# rsyslog's message for a repetition of the line before
REPEATED = regex(r"message repeated (?P<times>\d{1,9}) times: \[ ?(?P<text>.*)\]\s*", re.DOTALL)


def unframe(data: bytes, clock: Clock) -> Frame:
    """Remove the frame of a line; a line without one is all text. Never raises."""
    if data[:1] == b"{":
        record = inside(data)
        inner_frame = _inside(record, clock) if record is not None else None
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
    seldom = _seldom(text, clock)
    if seldom is not None:
        return seldom
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


def _seldom(text: str, clock: Clock) -> Frame | None:
    """A line that begins in a way which only some tools have."""
    head = _SELDOM.match(text)
    if head is not None:
        return Frame(_stamp_of(head, clock), head["program"], head["pid"], head["text"])
    lead_in = _LEAD_IN.match(text)
    if lead_in is None:
        return None
    inner = unframe(text[lead_in.end() :].encode("utf-8", "surrogatepass"), clock)
    return inner if inner.at is not None else inner._replace(at=clock.stamp(text.partition("\t")[0]))


def _stamp_of(head: re.Match[str], clock: Clock) -> Stamp | None:
    text = head["at"]
    if text[0] == "[":
        return None  # seconds since the machine was started
    if text[0].isdecimal() and "-" not in text:
        return since_epoch(float(text))
    if head["year"] is not None and text[0].isalpha():
        day, _, time = text.rpartition(" ")
        text = f"{day} {head['year']} {time}"
    is_utc = head["zone"] in ("UTC", "GMT")
    return clock.stamp(f"{text}Z" if is_utc and text[0].isdecimal() else text)


def _inside(record: Inside, clock: Clock) -> Frame | None:
    """The line of a JSON record; None if it is no line of a log."""
    line = Frame(None, None, None, record.text)
    if record.is_line:
        line = unframe(record.text.encode("utf-8", "surrogatepass"), clock)
    if line.program is None:
        if not record.is_sure and record.program is None:
            return None
        line = line._replace(program=record.program, pid=record.pid)
        at = record.at if record.program is not None or line.at is None else line.at
        line = line._replace(at=at if at is not None else line.at)
    return line
