"""Deliveries that are counted many at once are counted as one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC

import pytest

from probe.maillog.aggregate import Aggregate
from probe.maillog.summary import totals
from probe.reading.log.deliveries import events_of
from probe.reading.log.octets import blocks
from probe.reading.log.reader import records_of_blocks
from tests.bench import logs_made
from tests.unit.maillog.made import SAID, counted, line, reader

MADE = {"postfix": b"".join(logs_made.postfix(3000)), "exim": b"".join(logs_made.exim(3000))}
HOPS = MADE["postfix"].replace(b"relay=mx3.qq.com[203.205.219.57]", b"relay=127.0.0.1[127.0.0.1]")
TWO_SOURCES = MADE["exim"].replace(b" X=TLS", b" I=[198.51.100.7] X=TLS", 40)


def _all(aggregate: Aggregate) -> tuple[object, ...]:
    aggregate.volumes.settle()
    rows = [replace(it, minutes={}) for it in aggregate.volumes.by_id.values()]
    bins = {name: it.counts for name, it in aggregate.volumes.bins.items()}
    numbers = (aggregate.first, aggregate.last, aggregate.undated, aggregate.internal)
    groups = [(it.cured.count, it.messages) for it in aggregate.groups.values()]
    return sorted(map(repr, rows)), bins, numbers, groups, totals(aggregate), aggregate.sources


def _one_by_one(data: bytes, name: str, mark: int | None, internal: bool) -> Aggregate:
    result = Aggregate(UTC, mark=mark, internal=internal)
    items = reader(name)
    for records in records_of_blocks(items, blocks(_parts(data))):
        for record in sorted(events_of(records), key=lambda it: it.line):
            result.take([record])
    return result


def _parts(data: bytes) -> Iterable[bytes]:
    return (data[at : at + 70_000] for at in range(0, len(data), 70_000))


def _together(data: bytes, name: str, mark: int | None, internal: bool) -> Aggregate:
    result = Aggregate(UTC, mark=mark, internal=internal)
    for records in records_of_blocks(reader(name), blocks(_parts(data))):
        result.take(records)
    return result


@pytest.mark.parametrize("internal", [False, True])
@pytest.mark.parametrize("mark", [None, 1795824010])
@pytest.mark.parametrize(
    ("name", "data"),
    [
        *MADE.items(),
        ("exim", TWO_SOURCES),
        (
            "postfix",
            MADE["postfix"].replace(b"relay=mx3.qq.com[203.205.219.57]", b"relay=127.0.0.1[127.0.0.1]"),
        ),
    ],
)
def test_it_is_the_same_however_they_are_counted(
    name: str, data: bytes, mark: int | None, internal: bool
) -> None:
    together = _together(data, name, mark, internal)
    assert _all(together) == _all(_one_by_one(data, name, mark, internal))


def test_the_first_and_the_last_are_told_to_the_second() -> None:
    times = ("03:00:07", "03:00:59", "03:01:00", "03:05:31")
    aggregate = counted([line("sent", "250 Ok", f"ABCDEF12{n}", at=at) for n, at in enumerate(times)] * 2)
    assert aggregate.last - aggregate.first == 5 * 60 + 24 and aggregate.sent == 8


def test_a_delivery_without_a_time_counts() -> None:
    rows = [line("sent", "250 Ok", f"ABCDEF12{n}").replace("Nov 29", "Feb 30") for n in range(3)]
    aggregate = counted([line("sent", "250 Ok", "ABCDEF1299"), *rows])
    assert (aggregate.sent, aggregate.undated) == (4, 3)


def test_a_busy_minute_is_one_however_its_lines_are_mixed() -> None:
    words = SAID.format("450 4.7.1 Greylisted")
    rows = []
    for number in range(30):
        rows.append(line("sent", "250 Ok", f"ABCDEF1{number:03}", at=f"03:0{number % 3}:{number:02}"))
        rows.append(line("deferred", words, f"BBCDEF1{number:03}", at=f"03:0{number % 3}:{number:02}"))
    aggregate = counted(rows)
    aggregate.volumes.settle()
    (volume,) = aggregate.volumes.by_id.values()
    assert (volume.peak, volume.peak_at % 3600) == (20, 0)
