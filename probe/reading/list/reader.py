"""Reads a list row by row, in constant memory, whatever its lines hold.

Each line that is neither blank nor a comment ("# ...") is one row, but for the header and for records of CSV
that go over several lines.
A quote that is never closed costs its own line: the lines behind it are rows as they stand.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from probe._named_tuple import NamedTuple
from probe.reading.list.cells import split, split_literally
from probe.reading.list.entry import Entry, read
from probe.reading.list.layout import SAMPLE, Layout, ListForm, find_out, is_comment, parse_json
from probe.reading.list.lines import LINE_LIMIT

RECORD_LINES = 20  # of one record in quotes; a quote open for longer is one too many


class ListRow(NamedTuple):
    """One row: the number of its first line from 1, what stood there, and what was made of it."""

    line: int
    text: str
    entry: Entry


class ListReader:
    """`lines` are those of `text_lines`. Raises LayoutError for a column that is not there or not clear."""

    def __init__(self, lines: Iterable[str], form: ListForm | None = None, column: str | None = None) -> None:
        source = iter(lines)
        start = list(islice(source, SAMPLE))
        self.layout: Layout = find_out(start, form, column)
        self.blank = 0
        self.comments = 0
        self.lines = 0
        self._lines = chain(start, source)

    def rows(self) -> Iterator[ListRow]:
        """All rows, once."""
        layout = self.layout
        numbered = self._numbered()
        if layout.form is ListForm.CSV and layout.width > 1:
            yield from self._table_rows(numbered)
            return
        numbered = self._without_comments(numbered)
        if layout.has_header:
            next(numbered, None)
        if layout.form is ListForm.JSONL:
            for number, line in numbered:
                yield self._json_row(number, line)
        else:
            for number, line in numbered:
                yield (
                    ListRow(number, line, read(line)) if len(line) <= LINE_LIMIT else _too_long(number, line)
                )

    def _numbered(self) -> Iterator[tuple[int, str]]:
        for number, line in enumerate(self._lines, 1):
            self.lines = number
            if not line or line.isspace():
                self.blank += 1
            else:
                yield number, line

    def _without_comments(self, numbered: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        for number, line in numbered:
            if is_comment(line):
                self.comments += 1
            else:
                yield number, line

    def _table_rows(self, numbered: Iterator[tuple[int, str]]) -> Iterator[ListRow]:
        index, width, delimiter = self.layout.index, self.layout.width, self.layout.delimiter
        waiting: deque[tuple[int, str]] = deque()
        is_header_due = self.layout.has_header
        while True:
            number, line = waiting.popleft() if waiting else next(numbered, (0, ""))
            if not number:
                return
            if len(line) > LINE_LIMIT:
                yield _too_long(number, line)
                continue
            cells = split(line, delimiter)
            if is_comment(line) and len(cells or ()) != width:
                self.comments += 1
                continue
            problem = ""
            if cells is None:
                cells = self._over_lines(line, numbered, waiting)
                if cells is None:
                    cells, problem = split_literally(line, delimiter), "a quote is not closed"
            if is_header_due and len(cells) == width:
                is_header_due = False
                continue
            if index >= len(cells):
                columns = f"has {len(cells)} of {width} columns"
                yield ListRow(
                    number, line, Entry(None, None, f"{columns}{', and ' * bool(problem)}{problem}")
                )
                continue
            cell = cells[index]
            if problem:
                cell = cell.strip(' \t"')
                yield ListRow(number, cell, _with(read(cell), problem))
            elif len(cells) > width and index + 1 < len(cells):
                yield ListRow(number, cell, _with(read(cell), f"has {len(cells)} columns, not {width}"))
            else:
                yield ListRow(number, cell, read(cell))

    def _over_lines(
        self, line: str, numbered: Iterator[tuple[int, str]], waiting: deque[tuple[int, str]]
    ) -> list[str] | None:
        """The cells of a record whose quotes go over several lines, which are then used up; else None."""
        record = line
        for count in range(1, RECORD_LINES):
            if len(waiting) < count:
                more = next(numbered, None)
                if more is None:
                    return None
                waiting.append(more)
            record = f"{record}\n{waiting[count - 1][1]}"
            if len(record) > LINE_LIMIT:
                return None
            cells = split(record, self.layout.delimiter)
            if cells is not None:
                parts = [line, *(text for _, text in islice(waiting, count))]
                if len(cells) != self.layout.width or self._is_several(parts, cells):
                    return None
                for _ in range(count):
                    waiting.popleft()
                return cells
        return None

    def _is_several(self, parts: list[str], cells: list[str]) -> bool:
        """Whether the lines of a record are rows themselves: one has an address of its own in the column."""
        index = self.layout.index
        for part in parts:
            alone = split_literally(part, self.layout.delimiter)
            if len(alone) == self.layout.width and alone[index].strip(' "') != cells[index].strip():
                entry = read(alone[index].strip(' "'))
                if entry.address is not None:
                    return True
        return False

    def _json_row(self, number: int, line: str) -> ListRow:
        if len(line) > LINE_LIMIT:
            return _too_long(number, line)
        value = parse_json(line)
        key = self.layout.column
        if isinstance(value, dict):
            if not key or key not in value:
                return ListRow(number, line, Entry(None, None, f"has no key {key or 'for an address'}"))
            value = value[key]
        if isinstance(value, str):
            return ListRow(number, value, read(value))
        what = "is no JSON" if value is None and line.strip() != "null" else "holds no text"
        return ListRow(number, line, Entry(None, None, what))


def _with(entry: Entry, problem: str) -> Entry:
    return entry._replace(note=f"{entry.note}; {problem}" if entry.note else problem)


def _too_long(number: int, line: str) -> ListRow:
    return ListRow(number, line[:100], Entry(None, None, f"is longer than {LINE_LIMIT} characters"))
