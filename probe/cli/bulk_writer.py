"""Writes the rows of a list that are known, and commits how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable

from probe.bulk.row import BulkRow
from probe.cli.bulk_options import BulkOptions
from probe.cli.bulk_sink import Sink
from probe.cli.bulk_state import BulkState, Place
from probe.report.bulk_rows import csv_head, row_csv, row_line
from probe.settings import BULK_COMMIT


class Writer:
    """Writes the rows that are known, and commits how far it is."""

    def __init__(self, state: BulkState, sink: Sink | None, options: BulkOptions) -> None:
        """`sink` None: no rows are wanted."""
        self._state = state
        self._sink = sink
        self._is_asked = not options.is_offline
        self._in_order = options.in_order or options.is_offline
        self._encode: Callable[[BulkRow], str] = row_csv if options.form.name == "csv" else row_line
        self._head = csv_head() if options.form.name == "csv" else ""
        self.place = state.place

    def write(self, on_step: Callable[[int], None] | None = None) -> None:
        """Write what is known by now. In a long stretch it is committed now and then."""
        if self._sink is None:
            self._state.commit(self.place)
            return
        place, sink, encode = self.place, self._sink, self._encode
        if not place.offset and self._head:
            sink.write(self._head.encode())
        last = time.monotonic()
        while rows := self._state.rows_after(place, in_order=self._in_order, is_asked=self._is_asked):
            sink.write("".join(map(encode, rows)).encode("utf-8", "backslashreplace"))
            place = self._behind(rows[-1], place, len(rows))
            if on_step is not None:
                on_step(place.rows)
            if time.monotonic() - last > BULK_COMMIT:
                self._commit(place)
                last = time.monotonic()
        self._commit(place)

    def _behind(self, row: BulkRow, place: Place, count: int) -> Place:
        """The place behind `row`, the last of `count`."""
        turn = 0
        if not self._in_order and row.domain is not None:
            turn = self._state.turn_of(row.domain)
        return Place(turn, row.line, place.offset, place.rows + count)

    def _commit(self, place: Place) -> None:
        if self._sink is not None:
            self._sink.sync()
            place = place._replace(offset=self._sink.offset)
        self._state.commit(place)
        self.place = place
