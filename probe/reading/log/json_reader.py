"""The base of readers of JSON records."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

from probe.reading.log.event import Event, Record
from probe.reading.log.json_text import JsonRecords
from probe.reading.log.memory import Memory
from probe.reading.log.reader import LINE, Reader

_CUT = "a JSON record that does not end"


class JsonReader(Reader):
    """Reads records from lines; subclasses read the records."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)
        self._json = JsonRecords()
        self._line = 0

    def read(self, data: bytes, number: int) -> Sequence[Record]:
        line = self._json.line(data[:LINE].rstrip(b"\r\n"))
        self._line = number
        events: list[Record] = []
        for record in line.records:
            events.extend(self.events(record, number))
        if line.bad is not None:
            events.extend(self.unread(line.bad, number, _CUT))
        return events

    def end(self) -> Sequence[Record]:
        rest = self._json.end()
        return self.unread(rest, self._line, _CUT) if rest else ()

    @abstractmethod
    def events(self, record: Mapping[str, object], number: int) -> Sequence[Event]:
        """The events of one record; empty if it is not about a delivery."""
