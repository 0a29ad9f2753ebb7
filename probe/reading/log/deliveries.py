"""Plain deliveries of a block, many at once: of them an aggregate counts when they were, and to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from probe._dataclass import dataclass
from probe.reading.log.event import Event, Kind, Record, Relay, Status
from probe.reading.log.stamps import Clock

Row = tuple[str, str, str, str, str | None]
"""The stamp; queue id, recipient, next hop, own address."""


_BSD_MINUTE, _ISO_MINUTE, _ISO_SECOND = 12, 16, 19  # where in a stamp they end


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Messages of one block that other servers took, in the order of their lines.

    Of their queue ids no other record of the block is, so that it is the same whether these or those are
    counted first. `word` is the program's own for it; `relays` reads the next hops of `rows`."""

    file: str
    word: str
    rows: Sequence[Row]
    relays: Mapping[str, Relay | None]
    clock: Clock

    def of(self, rows: Sequence[Row]) -> Deliveries:
        """Others of the same block."""
        return Deliveries(self.file, self.word, rows, self.relays, self.clock)

    def minute(self, at: str) -> str:
        """The stamp of the minute in which `at` is: `Nov 28 00:00:07` and `2026-11-28T00:00:07.1Z` are of
        `Nov 28 00:00:00` and `2026-11-28T00:00:00Z`."""
        if at[:1].isalpha():
            return f"{at[:_BSD_MINUTE]}:00"
        return f"{at[:_ISO_MINUTE]}:00{at[_ISO_SECOND:].lstrip('.0123456789')}"

    def event(self, row: Row, line: int = 0) -> Event:
        """A row as an event. `line` is 0 where nobody counted it."""
        at, queue_id, recipient, to, source = row
        return Event(
            self.file,
            line,
            Kind.ATTEMPT,
            Status.SENT,
            self.word,
            self.clock.stamp(at),
            None,
            queue_id,
            None,
            None,
            recipient,
            None,
            self.relays[to],
            source,
        )


def events_of(records: Sequence[Record | Deliveries]) -> list[Record]:
    """The same with each delivery as an event of its own."""
    result: list[Record] = []
    for each in records:
        if isinstance(each, Deliveries):
            result += map(each.event, each.rows)
        else:
            result.append(each)
    return result


def join(
    records: list[Record], plain: Sequence[tuple[int, Row]], empty: Deliveries, text: str, first: int
) -> Sequence[Record | Deliveries]:
    """The records of a block, and behind them what of its plain deliveries (each with the place in `text`
    where its line begins) is of messages that no record speaks of; the others in their places, as events.
    `first` is the number of the first line."""
    ids = {record.queue_id for record in records if isinstance(record, Event)}
    exceptions = [it for it in plain if it[1][1] in ids]
    number, end = first, 0
    for begin, row in exceptions:
        number += text.count("\n", end, begin)
        end = begin
        records.append(empty.event(row, number))
    if exceptions:
        records.sort(key=lambda record: record.line)
    rows = [row for _, row in plain if row[1] not in ids] if exceptions else [row for _, row in plain]
    return [*records, empty.of(rows)] if rows else records
