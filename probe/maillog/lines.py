"""Lines of mail logs and of queue listings, one after the other, each explained by its words.

The words of a remote server are read as a reply; the own server's words are distinguished from it. A line
without a failure (of a queue manager, of a delivery) gives no conclusion.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from probe._dataclass import replace
from probe.diagnosis.conclusion import at_own_gate
from probe.explanation import Explanation, LogExcerpt, explain
from probe.maillog.operators import LOCAL, Operators, is_on_this_machine
from probe.maillog.reasons import Reasons
from probe.reading.log.event import Event, Kind, Speaker, Status, UnparsedLine
from probe.reading.log.exchange_smtp import lone_refusal
from probe.reading.log.formats import Format, by_name, detect
from probe.reading.log.frames import REPEATED, Frame, unframe
from probe.reading.log.looks import is_reply_alone
from probe.reading.log.reader import LINE, Reader
from probe.reading.log.stamps import Clock

# Mail programs by the names in their lines, with the reader for lines that have no mark of a format.
_PROGRAMS = (
    (re.compile(r"postfix[\w-]*(?:/[\w/-]+)?"), "postfix"),
    (re.compile(r"sm-mta|sendmail"), "sendmail"),
    (re.compile(r"exim\d?"), "exim"),
    (re.compile(r"smtpd"), "opensmtpd"),
    (re.compile(r"dma"), "dma"),
    (re.compile(r"msmtp"), "msmtp"),
    (re.compile(r"courierd?"), "courier"),
    (re.compile(r"qmail"), "qmail"),
    (re.compile(r"chasquid"), "chasquid"),
    (re.compile(r"maddy"), "maddy"),
    (re.compile(r"mox"), "mox"),
    (re.compile(r"stalwart(?:-\w+)?"), "stalwart"),
    (re.compile(r"zone-?mta"), "zonemta"),
    (re.compile(r"mail_logs"), "esa"),
)
# What a remote server said, in a line that tells no recipient's fate: it went on with the next server.
_QUOTED = re.compile(r"(?:\bsaid|talk to me|error from remote mail server[^:]{0,120}): ?[245]\d\d[ -]")
_FAILED = frozenset({Status.DEFERRED, Status.BOUNCED, Status.EXPIRED, Status.REJECTED})
_CODE = re.compile(r"\b[245]\d\d[ -]")
_HEADER = 100  # the weight of a format whose lines are told by its header alone
_TAKEN = "the other side has it, and what becomes of it is told by its log"
NOTHING = "it tells of no failure, so there is no reply to explain"
_WAITS = "it waits, and no reason is told"
_NO_WORDS = "no reason is told with it: look at the lines of this queue id before it"


class LogLines:
    """Reads one input line by line. Data on a message is kept for the following lines."""

    def __init__(self) -> None:
        self._readers: dict[str, Reader] = {}
        self._open: Format | None = None  # its lines go on until another kind of line comes
        self._clock = Clock()
        self._operators = Operators()

    @property
    def is_open(self) -> bool:
        """Whether any next line may belong to those before."""
        return self._open is not None

    def take(self, text: str, identity: Any, number: int = 1) -> Sequence[Explanation] | None:
        """The explanations of one line, one for each recipient; none if a listing continues after it. None
        for a line that is not of a log. `number` counts from 1."""
        data = text.encode("utf-8", "replace")[:LINE].rstrip(b"\r\n")
        row = detect([self._without_repeat(data)])
        frame = unframe(data, self._clock)
        if row is None and self._open is None:
            event = lone_refusal(text, number)
            if event is not None:
                return (self._explain(event, _format_of("exchange-smtp"), identity),)
        if row is None:
            if self._open is not None and not is_reply_alone(text):
                row = self._open
            else:
                self._open = None
                row = _by_program(frame, text)
                if row is None:
                    return self._of_no_format(frame, identity)
        self._open = row if row.is_multiline or row.weight >= _HEADER else None
        records = self._reader(row).read(data, number)
        if records:
            return _each_once([self._explain(it, row, identity) for it in records])
        if self._open is not None:
            return ()
        if _QUOTED.search(text):
            return None
        return (_silent(frame.program or row.title, identity),)

    def end(self, identity: Any = None) -> Sequence[Explanation]:
        """The explanations of open records at the end."""
        rest: list[Explanation] = []
        for name, reader in self._readers.items():
            rest += (self._explain(it, _format_of(name), identity) for it in reader.end())
        return _each_once(rest)

    def _without_repeat(self, data: bytes) -> bytes:
        """The line, or the one that syslog's "message repeated 3 times: [ … ]" stands for."""
        if b"message repeated " not in data:
            return data
        repeat = REPEATED.fullmatch(unframe(data, self._clock).text)
        return repeat["text"].encode("utf-8", "replace") if repeat is not None else data

    def _reader(self, row: Format) -> Reader:
        if row.name not in self._readers:
            self._readers[row.name] = row.make()
            self._readers[row.name].source("")
        return self._readers[row.name]

    def _of_no_format(self, frame: Frame, identity: Any) -> Sequence[Explanation] | None:
        """Exim writes no name of a program, and much that is of no known kind."""
        is_exims = frame.at is not None and frame.program is None and _CODE.search(frame.text) is None
        if is_exims and ("exim" in self._readers or frame.text.partition("] ")[2].startswith("cwd=")):
            return (_silent("Exim main log", identity),)
        return None

    def _explain(self, record: Event | UnparsedLine, row: Format, identity: Any) -> Explanation:
        if isinstance(record, UnparsedLine):
            why = f"a line of {row.title} that could not be read: {record.why}"
            return Explanation(identity, None, None, f"line {record.line}: {why}", LogExcerpt(row.title))
        words = record.words
        if record.status is Status.EXPIRED:
            words = record.earlier or words
        log_line = LogExcerpt(row.title, record)
        if record.status is Status.SENT and words is not None and words.speaker is Speaker.REMOTE:
            reading = explain(words.text, words.stage).reading
            log_line = replace(log_line, note=_TAKEN, words=words.text, is_remote=True)
            return Explanation(identity, reading, None, excerpt=log_line)
        if words is None or not words.text.strip() or record.status not in _FAILED:
            return Explanation(identity, None, None, excerpt=replace(log_line, note=_why_silent(record)))
        operator = LOCAL if is_on_this_machine(record) else self._operators.of(record, "")
        # its own memory, so that data of one line is not mixed with the words of another
        reason = Reasons().of(record, operator, words)
        is_refusal = record.kind is Kind.REFUSAL
        return replace(
            reason.explanation,
            id=identity,
            conclusion=at_own_gate(reason.conclusion) if is_refusal else reason.conclusion,
            excerpt=replace(log_line, is_remote=words.speaker is Speaker.REMOTE, words=words.text),
        )


def _by_program(frame: Frame, text: str) -> Format | None:
    """The format of a program whose line is of no known kind; None for a program that is not known."""
    program = frame.program or (text.partition("[")[0] if text.startswith("postfix") else "")
    return next((by_name(name) for pattern, name in _PROGRAMS if pattern.fullmatch(program.strip())), None)


def _format_of(name: str) -> Format:
    row = by_name(name)
    if row is None:
        raise ValueError(f"no format {name}")
    return row


def _silent(program: str, identity: Any) -> Explanation:
    return Explanation(identity, None, None, excerpt=LogExcerpt(program, note=NOTHING))


def _why_silent(event: Event) -> str:
    if event.status in (Status.QUEUED, Status.HELD):
        return _WAITS
    return _NO_WORDS if event.status in _FAILED else NOTHING


def _each_once(explanations: Sequence[Explanation]) -> Sequence[Explanation]:
    """ "message repeated 7 times" is one reason, not seven."""
    first_ones: list[Explanation] = []
    for each in explanations:
        if each not in first_ones:
            first_ones.append(each)
    return first_ones
