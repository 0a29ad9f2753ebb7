"""Reading lines of comma-separated values whose columns a header names."""

from __future__ import annotations

import csv
from abc import abstractmethod
from collections.abc import Mapping, Sequence

from probe.model.text import amount, decode
from probe.reading.log.event import Event, Record
from probe.reading.log.memory import Memory
from probe.reading.log.reader import LINE, Reader


class CsvReader(Reader):
    """Reads one row a line. The last header applies, also to a file that begins without one."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)
        self._columns: Sequence[str] = ()

    def read(self, data: bytes, number: int) -> Sequence[Record]:
        data = data.rstrip(b"\r\n")
        text = decode(data[:LINE]).removeprefix("\ufeff")
        if not text.strip():
            return ()
        header = self.header(text)
        if header is not None:
            self._columns = header
            return ()
        if text.startswith("#"):
            return ()
        cells = cells_of(text)
        if cells is None:
            return self.unread(data, number, "a row of comma-separated values that cannot be read")
        if not self._columns:
            return self.unread(data, number, "a row before any header that names its columns")
        if not self.matters(cells):
            return ()
        if len(cells) != len(self._columns):
            return self.unread(
                data, number, f"{amount(len(cells), 'column')} where the header names {len(self._columns)}"
            )
        return self.row(dict(zip(self._columns, cells, strict=True)), number)

    @abstractmethod
    def header(self, text: str) -> Sequence[str] | None:
        """The columns, if this line names them."""

    @abstractmethod
    def row(self, row: Mapping[str, str], number: int) -> Sequence[Event]:
        """The events of a row; empty if it is not about a delivery."""

    def matters(self, cells: Sequence[str]) -> bool:
        """Whether a row can be about a delivery; other rows may have any number of columns."""
        return bool(cells)


def cells_of(text: str) -> Sequence[str] | None:
    """The cells of one row; None if it is not a row."""
    try:
        rows = list(csv.reader([text]))
    except csv.Error:
        return None
    return rows[0] if rows else None
