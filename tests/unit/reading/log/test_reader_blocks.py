"""A file read in blocks tells the same as line by line, but for what an aggregate does not need."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.reading.log.deliveries import Deliveries, events_of
from probe.reading.log.event import Event, Record, Status, Words
from probe.reading.log.formats import by_name
from probe.reading.log.octets import blocks, lines
from probe.reading.log.reader import TEXT, Reader, Tally, records, records_of_blocks
from tests.bench import logs_made
from tests.unit.reading.log.samples import SAMPLES, Sample

each_sample = pytest.mark.parametrize("which", SAMPLES, ids=lambda each: each.name)
MADE = {"postfix": b"".join(logs_made.postfix(4000)), "exim": b"".join(logs_made.exim(4000))}


def _told(record: Record) -> Record:
    """Without what is left out where `is_brief`."""
    if not isinstance(record, Event):
        return record
    is_sent = record.status is Status.SENT
    is_plain = is_sent or record.status is Status.REJECTED
    return record._replace(
        line=0 if is_sent else record.line,
        program=None if is_sent else record.program,
        sender=None,
        message_id=None,
        delay_s=None,
        delays=(),
        tls=None,
        dsn=None if is_plain else record.dsn,
        words=None if record.status is Status.SENT else record.words,
        cut=record.cut and record.status is not Status.SENT,
    )


def _held(records: Iterable[Record]) -> list[tuple[str | None, Words]]:
    """Deliveries of which the server said "held"."""
    sent = (it for it in records if isinstance(it, Event) and it.status is Status.SENT)
    return [(it.queue_id, it.words) for it in sent if it.words is not None and "held" in it.words.text]


def _told_in_all(records: Iterable[Record]) -> list[str]:
    """What is told, whatever stands together."""
    return sorted(repr(_told(record)) for record in records)


def _reader(format_name: str, *, brief: bool) -> Reader:
    row = by_name(format_name)
    assert row is not None
    reader = row.make()
    reader.is_brief = brief
    reader.source("mail.log", datetime(2026, 11, 29, 4))
    return reader


def _by_line(format_name: str, data: bytes) -> tuple[list[Record], Tally]:
    tally = Tally()
    return list(records(_reader(format_name, brief=False), lines([data]), tally)), tally


def _by_block(format_name: str, chunks: Iterable[bytes], *, brief: bool = True) -> tuple[list[Record], Tally]:
    tally = Tally()
    reader = _reader(format_name, brief=brief)
    result: list[Record] = []
    for part in records_of_blocks(reader, blocks(chunks), tally):
        result += events_of(part)
    return result, tally


def _in_chunks(data: bytes, size: int) -> Iterable[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@each_sample
def test_blocks_give_the_records_of_lines(which: Sample) -> None:
    data = b"".join(line + b"\n" for line in which.lines)
    by_line, tally = _by_line(which.format.name, data)
    for size in (700, 5000, 1 << 20):
        result, counted = _by_block(which.format.name, _in_chunks(data, size), brief=False)
        assert result == by_line and counted.lines == tally.lines
        brief, counted = _by_block(which.format.name, _in_chunks(data, size))
        assert _told_in_all(brief) == _told_in_all(by_line)
        in_order = [it.line for it in brief if it.line]
        assert in_order == sorted(in_order)
        assert counted.lines == tally.lines == counted.read + counted.unparsed + counted.other


@pytest.mark.parametrize("name", sorted(MADE))
def test_the_usual_lines_are_read_alike(name: str) -> None:
    by_line, tally = _by_line(name, MADE[name])
    result, counted = _by_block(name, _in_chunks(MADE[name], 100_000))
    assert len(result) > 500 and _told_in_all(result) == _told_in_all(by_line)
    assert (counted.lines, counted.read, counted.unparsed) == (tally.lines, tally.read, tally.unparsed)


@pytest.mark.parametrize("name", sorted(MADE))
@given(st.lists(st.integers(0, 300), max_size=5))
def test_in_a_block_the_words_are_kept_of_what_may_be_in_no_mailbox(name: str, which: list[int]) -> None:
    parts = MADE[name].split(b"- gsmtp")[:301]
    data = b"".join(part + (b"- held" if n in which else b"- gsmtp") for n, part in enumerate(parts))
    by_line, by_block = (_held(it) for it in (_by_line(name, data)[0], _by_block(name, [data])[0]))
    assert by_block == by_line
    assert _held(_by_line(name, MADE[name].replace(b"- gsmtp", b"- held", 40))[0])


@pytest.mark.parametrize("name", sorted(MADE))
def test_whom_a_message_is_of_is_found_afterwards(name: str) -> None:
    senders = {
        it.queue_id: it.sender
        for it in _by_line(name, MADE[name])[0]
        if isinstance(it, Event) and it.queue_id
    }
    reader = _reader(name, brief=True)
    for record in events_of(reader.block(MADE[name], 1)):
        if isinstance(record, Event) and record.kind == "attempt":
            assert record.queue_id is not None
            assert reader.sender(record.queue_id) == senders[record.queue_id]
    assert reader.sender("NOSUCHID") is None


@pytest.mark.parametrize("name", sorted(MADE))
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 200), st.binary(max_size=6)), min_size=1, max_size=6
    )
)
def test_damaged_lines_are_read_alike(name: str, damages: list[tuple[int, int, bytes]]) -> None:
    rows = MADE[name].split(b"\n")[:61]
    for row, at, octets in damages:
        rows[row] = rows[row][:at] + octets.replace(b"\n", b"") + rows[row][at + 1 :]
    data = b"\n".join(rows)
    by_line, _ = _by_line(name, data)
    result, _ = _by_block(name, [data])
    assert _told_in_all(result) == _told_in_all(by_line)


@pytest.mark.parametrize("name", sorted(MADE))
def test_plain_deliveries_stand_together_and_apart_from_what_else_is_told(name: str) -> None:
    pieces = _reader(name, brief=True).block(MADE[name], 1)
    *others, together = pieces
    assert isinstance(together, Deliveries) and len(together.rows) > 300
    ids = {it.queue_id for it in others if isinstance(it, Event)}
    assert ids.isdisjoint(row[1] for row in together.rows)
    assert any(isinstance(it, Event) and it.status is Status.SENT for it in others)  # of what waited before


def test_the_minute_of_a_stamp_keeps_its_zone() -> None:
    *_, together = _reader("exim", brief=True).block(MADE["exim"], 1)
    assert isinstance(together, Deliveries)
    assert together.minute("Nov  8 10:59:07") == "Nov  8 10:59:00"
    assert together.minute("2026-11-08T10:59:07.123456+01:00") == "2026-11-08T10:59:00+01:00"
    assert together.minute("2026-11-08 10:59:07.12 -0330") == "2026-11-08 10:59:00 -0330"
    assert together.minute("2026-11-08 10:59:07") == "2026-11-08 10:59:00"


def test_a_line_without_end_is_held_in_bounded_memory() -> None:
    result = list(blocks(iter([b"x" * 1000] * 50), limit=3000))
    assert len(result) == 1 and len(result[0]) <= 4000
    assert list(blocks([b"a\nb", b"c\n", b"", b"d"])) == [b"a\n", b"bc\n", b"d"]


@pytest.mark.parametrize("name", sorted(MADE))
def test_of_a_long_line_only_a_part_is_read(name: str) -> None:
    rows = [row for row in MADE[name].split(b"\n") if b"550 5.7.606" in row]
    data = rows[0].replace(b"Access denied", b"x" * 3_000_000) + b"\n" + rows[1]
    by_line, _ = _by_line(name, data)
    result, _ = _by_block(name, [data])
    assert _told_in_all(result) == _told_in_all(by_line)
    (first, _) = result
    assert isinstance(first, Event) and first.words is not None and len(first.words.text) <= TEXT


def test_a_delivery_without_a_queue_id_has_none_in_blocks_too() -> None:
    (row, *_) = [it for it in MADE["postfix"].split(b"\n") if b"status=bounced" in it]
    head, _, rest = row.partition(b": to=<")
    data = head.rpartition(b" ")[0] + b" NOQUEUE: to=<" + rest
    (event,), _ = _by_block("postfix", [data])
    assert isinstance(event, Event) and event.queue_id is None
    assert [_told(event)] == [_told(it) for it in _by_line("postfix", data)[0]]


@pytest.mark.parametrize("name", sorted(MADE))
def test_a_carriage_return_within_a_line_does_not_end_it(name: str) -> None:
    for row in MADE[name].split(b"\n")[:61]:
        for at in range(40, len(row), 23):
            data = row[:at] + b"\r" + row[at + 1 :] + b"\n"
            by_line, _ = _by_line(name, data)
            result, _ = _by_block(name, [data])
            assert _told_in_all(result) == _told_in_all(by_line)
