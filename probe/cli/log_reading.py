"""Reads the inputs of `log` one after the other, or several at once, into one aggregate."""

from __future__ import annotations

import gc
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from probe._dataclass import dataclass, field
from probe.cli.errors import UsageError, unreadable
from probe.cli.local_zone import LocalZone
from probe.cli.log_inputs import Input
from probe.cli.progress import ProgressLine
from probe.maillog.aggregate import Aggregate
from probe.maillog.event_filter import EventFilter
from probe.maillog.report import QUEUES, LogFileRead
from probe.model.text import duration, thousands
from probe.reading.log.deliveries import events_of
from probe.reading.log.event import Event, UnparsedLine
from probe.reading.log.formats import by_name
from probe.reading.log.octets import blocks
from probe.reading.log.reader import Piece, Reader, Tally, records_of_blocks

HISTORY = 500  # events of one message that are told
if TYPE_CHECKING:  # its import takes as long as a small log
    from concurrent.futures import Future, ProcessPoolExecutor

_HALF_A_LISTING = "no message is listed, nor does it say that the queue is empty: it may have been cut"
_TICK = 0.2  # seconds between two looks at the progress line
# Formats of which one line and `Reader.context` tell all that is counted: parts of a file may be read side by
# side.
_SIDE_BY_SIDE = frozenset({"postfix", "exim"})


@dataclass(slots=True)
class Run:
    """What reading needs, and what comes of it. `keep_unparsed` is given the lines that were not
    understood."""

    aggregate: Aggregate
    event_filter: EventFilter
    is_brief: bool
    keep_unparsed: Callable[[bytes], None] | None = None
    jobs: int = 1
    files: list[LogFileRead] = field(default_factory=list)
    readers: dict[str, Reader] = field(default_factory=dict)
    history: list[Event] = field(default_factory=list)  # of the one message that was asked for

    def reader(self, format_name: str) -> Reader:
        """One reader for all files of a format: today's file goes on where yesterday's ended."""
        if format_name not in self.readers:
            row = by_name(format_name)
            if row is None:
                raise ValueError(f"no format {format_name}")
            self.readers[format_name] = row.make()
            self.readers[format_name].is_brief = self.is_brief
        return self.readers[format_name]

    def take(self, records: Sequence[Piece]) -> None:
        """Count what is wanted; keep what was not understood."""
        if self.keep_unparsed is not None:
            for record in records:
                if isinstance(record, UnparsedLine):
                    self.keep_unparsed(record.data)
        if not self.event_filter.is_open:
            holds = self.event_filter.holds
            records = event_filter = [it for it in events_of(records) if isinstance(it, Event) and holds(it)]
            if self.event_filter.queue_id is not None and len(self.history) < HISTORY:
                self.history += event_filter
        self.aggregate.take(records)


class Progress:
    """How far it has come: octets, lines a second, and when it may be done."""

    def __init__(self, inputs: Sequence[Input], line: ProgressLine) -> None:
        sizes = [it.size for it in inputs]
        self._total = sum(it for it in sizes if it is not None) if None not in sizes else None
        self._line = line
        self._begin_time = self._last = time.monotonic()
        self.octets = 0
        self.lines = 0

    def add_octets(self, octets: int) -> None:
        """So many octets more were read."""
        self.octets += octets
        now = time.monotonic()
        if now - self._last < _TICK:
            return
        self._last = now
        seconds = max(now - self._begin_time, 0.001)
        text = f"{self.octets / 1e6:.0f} MB, {thousands(self.lines / seconds)} lines/s"
        if self._total and self.octets:
            seconds_left = round(seconds * (self._total - self.octets) / self.octets)
            text = f"{100 * self.octets // self._total} %, {text}, {duration(max(seconds_left, 0))} left"
        self._line(text)


def read_all(inputs: Sequence[Input], run: Run, line: ProgressLine, problems: list[UsageError]) -> None:
    """Read everything, in order. A file that cannot be read to its end is noted, and the next one is read."""
    readable = [it for it in inputs if it.format is not None]
    progress = Progress(readable, line)
    with ExitStack() as stack:
        stack.enter_context(few_collections())
        pool = None
        if run.jobs > 1 and run.is_brief:
            from concurrent.futures import ProcessPoolExecutor

            pool = stack.enter_context(ProcessPoolExecutor(run.jobs))
        for file in readable:
            try:
                if pool is not None and file.format is not None and file.format.name in _SIDE_BY_SIDE:
                    _read_side_by_side(file, run, progress, pool)
                else:
                    read_one(file, run, progress)
            except OSError as error:
                problems.append(unreadable("FILE", file.name, error))
            except UsageError as problem:
                problems.append(problem)
            else:
                if file.problem:
                    problems.append(UsageError("FILE", f"{file.title}: {file.problem}"))


def read_one(file: Input, run: Run, progress: Progress) -> None:
    """Read one input to its end. Raises OSError and UsageError."""
    if file.format is None:
        return
    reader = run.reader(file.format.name)
    run.take(reader.source(file.title, file.written_at))
    run.aggregate.read_by(reader)
    tally = Tally()
    with _entry_of(file, run, reader, tally):
        for records in records_in(file, reader, progress, tally):
            run.take(records)


def records_in(file: Input, reader: Reader, progress: Progress, tally: Tally) -> Iterator[Sequence[Piece]]:
    """What a reader that has been told of this source finds in it, a batch a block. Raises OSError and
    UsageError."""
    lines_before = progress.lines
    for records in records_of_blocks(reader, blocks(file.chunks(progress.add_octets)), tally):
        progress.lines = lines_before + tally.lines
        yield records


@contextmanager
def _entry_of(file: Input, run: Run, reader: Reader, tally: Tally) -> Iterator[None]:
    """A context in which a file is read, and after which the report knows of it, and of what was lost."""
    name = file.format.name if file.format is not None else ""
    lost = ""
    try:
        yield
    except OSError as error:
        lost = f"not read to its end: {(error.strerror or str(error)).lower()}"
        raise
    finally:
        if name in QUEUES and tally.lines and not tally.read and not reader.says_empty:
            lost = lost or _HALF_A_LISTING
        lost = file.problem or lost
        run.files.append(
            LogFileRead(file.title, name, tally.lines, tally.read, tally.unparsed, tally.other, lost)
        )


@contextmanager
def few_collections() -> Iterator[None]:
    """Events are many and hold no circles: looking for circles among them would take a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


# -- side by side --------------------------------------------------------------------------------------


def _read_side_by_side(file: Input, run: Run, progress: Progress, pool: ProcessPoolExecutor) -> None:
    """Read one input, its blocks by as many processes as there are; what they found is counted here, in the
    order of the file, so that the result is that of one process. Raises OSError and UsageError."""
    if file.format is None:
        return
    reader = run.reader(file.format.name)
    run.take(reader.source(file.title, file.written_at))
    run.aggregate.read_by(reader)
    tally = Tally()
    under_way: deque[tuple[bytes, Future[tuple[Sequence[Piece], Tally]]]] = deque()

    def count_one() -> None:
        block, future = under_way.popleft()
        records, other_tally = future.result()
        reader.pass_by(block)
        run.take(records)
        tally.add(other_tally)
        progress.lines += other_tally.lines

    number = 1
    description = (file.format.name, file.title, file.written_at)
    with _entry_of(file, run, reader, tally):
        for block in blocks(file.chunks(progress.add_octets)):
            if len(under_way) >= 2 * run.jobs:
                count_one()
            under_way.append((block, pool.submit(_read_block, *description, block, number, reader.context)))
            reader.look_ahead(block)
            number += block.count(b"\n")
        while under_way:
            count_one()


_here: dict[tuple[str, str], Reader] = {}  # in a process that reads for another one: the reader of its file


def _read_block(
    format_name: str, file: str, written_at: datetime | None, block: bytes, number: int, context: object
) -> tuple[Sequence[Piece], Tally]:
    reader = _here.get((format_name, file))
    if reader is None:
        row = by_name(format_name)
        if row is None:
            raise ValueError(f"no format {format_name}")
        reader = row.make()
        reader.is_brief = True
        reader.source(file, written_at)
        _here.clear()
        _here[(format_name, file)] = reader
    reader.enter(context)
    tally = Tally()
    batch: list[Piece] = []
    for records in records_of_blocks(reader, [block], tally, number):
        batch += records
    return batch, tally


def now_here() -> datetime:
    """The time, in the zone of this machine."""
    return datetime.now(LocalZone())
