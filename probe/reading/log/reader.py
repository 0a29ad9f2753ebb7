"""The interface and base classes of the readers of log formats.

reader = SomeReader()
reader.source("mail.log", reference)
for number, data in enumerate(lines, 1):
    records = reader.read(data, number)
records = reader.end()
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from probe._dataclass import dataclass
from probe.reading.log.deliveries import Deliveries
from probe.reading.log.event import Event, Kind, Record, Status, UnparsedLine, Words
from probe.reading.log.frames import REPEATED, Frame, unframe
from probe.reading.log.memory import Memory, Message, Waiting
from probe.reading.log.stamps import Clock

# Octets of one line that are read. Syslog daemons cut at 8 KiB or less; a JSON record of an ESP with headers
# may have several hundred KiB. The limit protects against hostile input.
LINE = 1_048_576
Piece = Record | Deliveries
TEXT = 65_536  # characters of a text line, without the frame
TIMES = 10_000  # lines that one "message repeated N times" can stand for
_OCTETS = b'"MESSAGE":['  # journald's export of a message that is not UTF-8, which cannot be searched
KEPT = 4_096  # octets kept of a line that was not understood


class Reader(ABC):
    """Reads one format, line by line. It does no IO, uses limited memory, and never raises on any input.

    One reader reads all files of a server in order, so that data on a message in yesterday's file is known in
    today's.
    """

    # True: `block` leaves out fields that an aggregate does not need: senders, message ids, delays, TLS,
    # the words of successful deliveries. `sender` finds a sender afterwards.
    is_brief = False
    # Whether the program logs a bounce that comes back after the next hop took the message (`Event.is_late`).
    has_late_bounces = False

    def __init__(self, memory: Memory | None = None) -> None:
        self.memory = memory if memory is not None else Memory()
        self.file = ""
        self.says_empty = False  # a listing of a queue says of itself that nothing waits
        self.clock = Clock()

    def source(self, file: str, reference: datetime | None = None) -> Sequence[Record]:
        """Begin a file. `reference`: the time of its last write, which gives the year for stamps without one.
        Returns the open records of the file before."""
        rest = self.end()
        self.file, self.says_empty = file, False
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
        """Skip a block that was read elsewhere; read only what `sender` needs."""
        return

    def look_ahead(self, block: bytes) -> None:
        """Read only what `context` needs of a block that is read elsewhere."""
        return

    @property
    def context(self) -> object:
        """What the lines so far tell of those to come, for a reader in another process; it can be pickled."""
        return None

    def enter(self, context: object) -> None:
        """Go on behind other lines than those read here: `context` is theirs."""
        return

    def sender(self, queue_id: str) -> str | None:
        """The sender of the message of the last line; None if it is not known."""
        message = self.memory.message_of(queue_id)
        return message.sender if message is not None else None

    def end(self) -> Sequence[Record]:
        """End the input; returns the open records of formats with several lines."""
        return ()

    def unread(self, data: bytes, number: int, why: str) -> Sequence[Record]:
        """The record of a relevant line that was not understood."""
        return (UnparsedLine(self.file, number, data[:KEPT].rstrip(b"\r\n"), why),)


def _lines_of(block: bytes) -> list[bytes]:
    lines = block.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def line_starts(text: str, marks: Iterable[str]) -> set[int]:
    """The start positions of lines that contain one of `marks`."""
    starts: set[int] = set()
    for mark in marks:
        at = text.find(mark)
        while at >= 0:
            starts.add(text.rfind("\n", 0, at) + 1)
            end = text.find("\n", at)
            at = text.find(mark, end) if end >= 0 else -1
    return starts


class FramedReader(Reader):
    """A reader of lines from syslog or standard output, which removes the frame first."""

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
        """The events of an action of the queue, or of an operator, for these recipients of a message."""
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
        """Whether a line can be relevant, by its octets; most lines are not."""

    @abstractmethod
    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        """Read the text of a line that may be relevant."""


@dataclass(slots=True)
class Tally:
    """Counts of lines; every line is counted once: `lines` is `read + unparsed + other`."""

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
    """Read the lines of the file named to `reader.source`, and count them."""
    tally = tally if tally is not None else Tally()
    read = reader.read
    number = first - 1
    tally_end = first - 1  # the last counted line: most lines are others, and are counted together
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
        tally.other -= 1  # its last line was not an "other" line
        tally.unparsed += 1
    yield from rest


def records_of_blocks(
    reader: Reader, blocks: Iterable[bytes], tally: Tally | None = None, first: int = 1
) -> Iterator[Sequence[Piece]]:
    """The same for a file in blocks of complete lines, many records at a time."""
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
    """Count every line once."""
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
