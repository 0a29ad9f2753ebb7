"""What every reader of a log format has in common, and what a caller needs to know of one.

reader = SomeReader()
reader.source("mail.log", reference)
for number, data in enumerate(lines, 1):
    records = reader.read(data, number)
records = reader.end()
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from probe.reading.log.deliveries import Deliveries
from probe.reading.log.event import Event, Kind, Record, Status, UnparsedLine, Words
from probe.reading.log.frames import REPEATED, Clock, Frame, unframe
from probe.reading.log.memory import Memory, Message, Waiting

# Octets of one line that are read. Syslog daemons cut at 8 KiB or less, a JSON record of an ESP with its
# headers may have some hundred KiB; it bounds the work that a stranger's text can cause.
LINE = 1_048_576
Piece = Record | Deliveries
TEXT = 65_536  # characters of a text line, once the frame is off
TIMES = 10_000  # lines that one "message repeated N times" can stand for
_OCTETS = b'"MESSAGE":['  # how journald exports a message that is not UTF-8: nothing in it can be searched
KEPT = 4_096  # octets that are kept of a line which was not understood


class Reader(ABC):
    """Reads one format, line by line. It has no IO, keeps a bounded memory, and no input makes it raise.

    One reader reads all files of a server, one after the other: what was said of a message in yesterday's
    file is known in today's.
    """

    # What an aggregate does not need is left out by `block`: senders, message ids, delays, TLS, the words of
    # successful deliveries. `sender` finds one afterwards.
    is_brief = False

    def __init__(self, memory: Memory | None = None) -> None:
        self.memory = memory if memory is not None else Memory()
        self.file = ""
        self.clock = Clock()

    def source(self, file: str, reference: datetime | None = None) -> Sequence[Record]:
        """From now on lines are of this file. `reference`: when it was last written, which gives the year
        to stamps that have none. Returns what the file before left open."""
        rest = self.end()
        self.file = file
        self.clock = Clock(reference)
        return rest

    @abstractmethod
    def read(self, data: bytes, number: int) -> Sequence[Record]:
        """Read one line, with or without its line end; `number` counts from 1. Empty for any other line."""

    def block(self, block: bytes, number: int) -> Sequence[Piece]:
        """Read many whole lines at once, each but perhaps the last with its line feed; `number` is that of
        the first. The same records as line by line, but for what `is_brief` leaves out, and that plain
        deliveries may stand together then."""
        records: list[Record] = []
        read = self.read
        for at, line in enumerate(_lines_of(block), number):
            records += read(line, at)
        return records

    def pass_by(self, block: bytes) -> None:
        """The block was read elsewhere: only what `sender` needs of it is heeded."""
        return

    def sender(self, queue_id: str) -> str | None:
        """Whom the message of a line just read is of; None where the lines before do not say."""
        message = self.memory.message_of(queue_id)
        return message.sender if message is not None else None

    def end(self) -> Sequence[Record]:
        """The input has ended: what formats of several lines still hold."""
        return ()

    def unread(self, data: bytes, number: int, why: str) -> Sequence[Record]:
        """The record of a line that should have been understood."""
        return (UnparsedLine(self.file, number, data[:KEPT].rstrip(b"\r\n"), why),)


def _lines_of(block: bytes) -> list[bytes]:
    lines = block.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def line_starts(text: str, marks: Iterable[str]) -> set[int]:
    """Where the lines begin that hold one of `marks`."""
    starts: set[int] = set()
    for mark in marks:
        at = text.find(mark)
        while at >= 0:
            starts.add(text.rfind("\n", 0, at) + 1)
            end = text.find("\n", at)
            at = text.find(mark, end) if end >= 0 else -1
    return starts


class FramedReader(Reader):
    """A reader of what programs write to syslog or to standard output: the frame is taken off first."""

    def read(self, data: bytes, number: int) -> Sequence[Record]:
        if not self.matters(data) and not (data[:1] == b"{" and _OCTETS in data):
            return ()
        data = data.rstrip(b"\r\n")
        frame = unframe(data[:LINE], self.clock)
        text = frame.text[:TEXT]
        if text.startswith("message repeated "):
            repeat = REPEATED.fullmatch(text)
            if repeat is not None:
                times = min(int(repeat["times"]), TIMES)
                return tuple(self.text(repeat["text"], frame, data, number)) * times
        return self.text(text, frame, data, number)

    def queue_events(
        self,
        message: Message,
        whom: Sequence[Waiting],
        status: Status,
        word: str,
        queue_id: str,
        frame: Frame,
        number: int,
        words: Words | None = None,
    ) -> Sequence[Event]:
        """What the queue, or somebody, did with these recipients of a message."""
        return tuple(
            Event(
                self.file,
                number,
                Kind.QUEUE,
                status,
                word,
                frame.at,
                frame.program,
                queue_id,
                message.message_id,
                message.sender,
                recipient,
                words=words,
                earlier=earlier,
            )
            for recipient, earlier in whom
        )

    @abstractmethod
    def matters(self, data: bytes) -> bool:
        """Whether a line can be of interest, by its octets alone: most are not, and stop here."""

    @abstractmethod
    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        """Read the text of a line that may matter."""


@dataclass(slots=True)
class Tally:
    """How many lines were what; every line is counted once: `lines` is `read + unparsed + other`."""

    lines: int = 0
    read: int = 0
    unparsed: int = 0
    other: int = 0

    def add(self, other: Tally) -> None:
        """Count what was counted elsewhere."""
        self.lines += other.lines
        self.read += other.read
        self.unparsed += other.unparsed
        self.other += other.other


def records(
    reader: Reader, lines: Iterable[bytes], tally: Tally | None = None, first: int = 1
) -> Iterator[Record]:
    """Read the lines of one file that `reader.source` has named, and count them."""
    tally = tally if tally is not None else Tally()
    read = reader.read
    number = first - 1
    tally_end = (
        first - 1
    )  # up to which line the tally is true: most lines are others, and are counted together
    for number, data in enumerate(lines, first):
        batch = read(data, number)
        if not batch:
            continue
        tally.lines += number - tally_end
        tally.other += number - tally_end - 1
        tally_end = number
        if isinstance(batch[0], UnparsedLine):
            tally.unparsed += 1
        else:
            tally.read += 1
        yield from batch
    tally.lines += number - tally_end
    tally.other += number - tally_end
    rest = reader.end()
    if tally.other and any(isinstance(record, UnparsedLine) for record in rest):
        tally.other -= 1  # its last line was no other line
        tally.unparsed += 1
    yield from rest


def records_of_blocks(
    reader: Reader, blocks: Iterable[bytes], tally: Tally | None = None, first: int = 1
) -> Iterator[Sequence[Piece]]:
    """The same of a file that comes in blocks of whole lines, many records at a time."""
    tally = tally if tally is not None else Tally()
    number = first
    for block in blocks:
        batch = reader.block(block, number)
        count = block.count(b"\n") + (block[-1:] not in (b"\n", b""))
        number += count
        _count(tally, batch, count)
        yield batch
    rest = reader.end()
    if tally.other and any(isinstance(record, UnparsedLine) for record in rest):
        tally.other -= 1
        tally.unparsed += 1
    yield rest


def holds_long_line(text: str) -> bool:
    """Whether a line may be longer than what is read of one."""
    half = TEXT // 2
    return any(text.find("\n", at, at + half) < 0 for at in range(0, len(text) - half, half))


def _count(tally: Tally, records: Sequence[Piece], lines: int) -> None:
    """Every line is counted once, whatever it gave."""
    last = bad = good = 0
    for record in records:
        if isinstance(record, Deliveries):
            good += len(record.rows)
        elif record.line != last:
            last = record.line
            if isinstance(record, UnparsedLine):
                bad += 1
            else:
                good += 1
    bad = min(bad, lines)
    good = min(good, lines - bad)
    tally.lines += lines
    tally.read += good
    tally.unparsed += bad
    tally.other += lines - good - bad
