"""No octets make a reader raise, and what a bad line hides, it hides alone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.reading.log.event import Event, UnparsedLine
from probe.reading.log.formats import FORMATS, Format, detect
from probe.reading.log.memory import Memory
from probe.reading.log.reader import KEPT, Tally, records
from tests.unit.reading.log.samples import SAMPLES, Sample, events, placeless, read, unparsed

each_sample = pytest.mark.parametrize("which", SAMPLES, ids=lambda each: each.name)
# In these a record of several lines goes on in whatever follows.
SWALLOWING = frozenset({"chasquid", "nullmailer", "ses", "sendgrid"})


def each_sample_but(formats: Iterable[str]) -> pytest.MarkDecorator:
    """The samples whose events are each on one line, but for those of these formats, of which an event needs
    other lines, too: a header, or what was said before."""
    alone = [it for it in SAMPLES if not it.format.is_multiline and it.format.name not in set(formats)]
    return pytest.mark.parametrize("which", alone, ids=lambda each: each.name)


each_format = pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)
GARBAGE = (
    b"",
    b"\x00",
    b"\xff\xfe\x00",
    b"{",
    b"}",
    b'{"MESSAGE":',
    b"# ",
    b"," * 60,
    b": " * 40,
    b"<" * 300,
)
TEXTS = [line for which in SAMPLES for line in which.lines[:: max(1, len(which.lines) // 12)]]


def _bare(result: Sequence[Event]) -> Counter[tuple[object, ...]]:
    """What happened to whom, without what earlier lines add."""
    return Counter(
        (event.kind, event.status, event.queue_id, event.recipient, event.words) for event in result
    )


@each_sample
def test_line_by_line_is_as_whole(which: Sample) -> None:
    reader = which.format.make()
    reader.source(which.name, which.reference)
    result = [record for number, line in enumerate(which.lines, 1) for record in reader.read(line, number)]
    result += reader.end()
    tally = Tally()
    assert result == read(which, tally=tally)
    assert tally.lines == len(which.lines) == tally.read + tally.unparsed + tally.other


@each_sample
def test_line_ends_do_not_matter(which: Sample) -> None:
    assert read(which, [line + b"\r\n" for line in which.lines]) == read(which)


@each_sample
def test_each_event_names_the_line_it_is_from(which: Sample) -> None:
    for event in events(which):
        assert event.file == which.name and 1 <= event.line <= len(which.lines)
        if which.format.name == "dma" or which.name == "postfix-journald":
            continue  # the recipient stands on a line before, or in an array of octets
        if not which.format.is_multiline and event.recipient is not None and event.kind == "attempt":
            local_part = event.recipient.split("@")[0].strip('"').encode()
            assert local_part.split(b"'")[0] in which.lines[event.line - 1]


@pytest.mark.parametrize(
    "which", [it for it in SAMPLES if it.format.name not in SWALLOWING], ids=lambda each: each.name
)
def test_garbage_between_lines_changes_nothing(which: Sample) -> None:
    noisy = [
        part for number, line in enumerate(which.lines) for part in (GARBAGE[number % len(GARBAGE)], line)
    ]
    assert placeless(events(which, noisy)) == placeless(events(which))


@each_sample_but(("dma", "exchange-smtp", "opensmtpd"))
def test_doubled_lines_double_the_attempts_and_no_more(which: Sample) -> None:
    doubled = events(which, [line for line in which.lines for _ in range(2)])
    once = _bare(events(which))
    assert set(_bare(doubled)) - set(once) <= {
        key
        for key in _bare(doubled)
        if key[0] == "queue"  # the second time nobody waits any more
    }
    for key, count in once.items():
        assert _bare(doubled)[key] >= count


@each_sample_but(("dma", "exchange", "exchange-smtp", "powermta", "qmail", "chasquid"))
def test_order_matters_only_for_what_earlier_lines_add(which: Sample) -> None:
    shuffled = list(which.lines)
    random.Random(7).shuffle(shuffled)
    attempts = [event for event in events(which) if event.kind == "attempt"]
    again = [event for event in events(which, shuffled) if event.kind == "attempt"]
    assert _bare(again) == _bare(attempts)


@each_sample
def test_a_cut_last_line_is_told_or_is_no_line_of_a_delivery(which: Sample) -> None:
    last = max(events(which), key=lambda event: event.line).line
    whole = len(read(which, which.lines[:last]))
    for share in (0.3, 0.5, 0.7, 0.9, 0.97):
        line = which.lines[last - 1]
        cut = line[: int(len(line) * share)]
        result = read(which, [*which.lines[: last - 1], cut])
        assert len(result) <= whole + 1
        for record in result:
            if isinstance(record, UnparsedLine):
                assert len(record.data) <= KEPT and record.why


@each_sample_but(("dma", "exchange", "exchange-smtp", "powermta", "qmail", "chasquid"))
def test_a_piece_of_a_log_is_read_as_in_the_whole(which: Sample) -> None:
    middle = len(which.lines) // 2
    halves = events(which, which.lines[:middle]) + events(which, which.lines[middle:])
    attempts = [event for event in events(which) if event.kind == "attempt"]
    assert _bare([event for event in halves if event.kind == "attempt"]) == _bare(attempts)


@each_format
@given(lines=st.lists(st.binary(max_size=200), max_size=8))
@settings(max_examples=60, deadline=None)
def test_no_octets_make_a_reader_raise(row: Format, lines: list[bytes]) -> None:
    _survives(row, lines)


@given(
    line=st.sampled_from(TEXTS),
    cut=st.tuples(st.integers(0, 600), st.integers(0, 40)),
    put=st.binary(max_size=12),
    row=st.sampled_from(FORMATS),
)
@settings(max_examples=800, deadline=None)
def test_no_damage_to_a_real_line_makes_a_reader_raise(
    line: bytes, cut: tuple[int, int], put: bytes, row: Format
) -> None:
    at, gone = cut
    damaged = line[:at] + put + line[at + gone :]
    _survives(row, [damaged, line, damaged])


def _survives(row: Format, lines: list[bytes]) -> None:
    reader = row.make(Memory(3))
    reader.source("any.log", datetime(2026, 11, 29))
    tally = Tally()
    for record in records(reader, lines, tally):
        assert isinstance(record, Event | UnparsedLine)
        assert 1 <= record.line <= len(lines)
    assert tally.lines == len(lines) == tally.read + tally.unparsed + tally.other


LONG = 60_000
HARD = (
    b": to=<" + b'"' * LONG,
    b": to=<" + b'"a' * LONG,
    b": to=<a>, orig_to=<" * (LONG // 20),
    b": to=<" + b"\\" * LONG,
    b"status=sent (" + b"host a[b] said: " * (LONG // 16),
    b"said: 550-" + b" 550-x" * (LONG // 6),
    b" H=" + b"a " * LONG,
    b" ** a@b.example R=x T=y H=" + b"h [" * (LONG // 3),
    b" == " + b"A=b " * (LONG // 4),
    b" == a@b " + b"defer (1): " * (LONG // 11),
    b" rejected " * (LONG // 10),
    b"recipients=" + b"a," * (LONG // 2),
    b"host=" + b"k='" * (LONG // 3),
    b"to=" + b"," * LONG,
    b": to=a, delay=0, stat=" + b", stat=" * (LONG // 7),
    b"[" * LONG,
    b"{" * LONG,
    b'{"a":' * (LONG // 5),
    b'{"' + b"\\" * LONG,
    b"<22>1 - - - - [" + b'a="' * (LONG // 3),
    b"1 2026-11-29T00:00:00Z h p 1 m " + b"[a]" * (LONG // 3),
    b"delivery evpid=" + b"a=" * (LONG // 2),
    b",".join([b'"'] * (LONG // 2)),
    b"id=" + b"0" * LONG + b",from=<",
    b"ruleset=check_mail, arg1=" + b", relay=" * (LONG // 8),
    b"Milter: from=" + b", " * (LONG // 2),
    b"message repeated 5 times: [ " * (LONG // 27),
    b"recipient <" + b"<" * LONG,
    b"\xc3" * LONG,
)
FRAMES = (
    b"",
    b"Nov 29 02:00:00 mail postfix/smtp[1]: 4C0FFEE4C0F",
    b"2026-11-29 02:00:00 1xXUqD-00004l-31",
    b"Nov 29 02:00:00 mail sm-mta[1]: 6AT2RCiA000056: ",
    b"Nov 29 02:00:00 mail dma[a.b]: remote delivery ",
    b"2026-11-29T02:37:29.024Z [INFO] [AA4B59B9-16F7-442C-8437-B2B5782EBF16.1.1] [outbound] ",
)


@each_format
def test_long_and_hard_lines_are_read_in_linear_time(row: Format) -> None:
    """A reader that tried all ways to split them would not come back."""
    for frame in FRAMES:
        _survives(row, [frame + hard for hard in HARD])


@given(lines=st.lists(st.binary(max_size=200) | st.sampled_from(TEXTS), max_size=8))
@settings(max_examples=200, deadline=None)
def test_no_octets_make_detection_raise(lines: list[bytes]) -> None:
    detection = detect(lines)
    assert detection is None or detection in FORMATS


def test_hard_lines_are_looked_at_in_linear_time() -> None:
    assert detect([hard for hard in HARD for _ in range(2)]) in (None, *FORMATS)


def test_memory_stays_bounded_whatever_the_log_says() -> None:
    memory = Memory(50)
    row = next(row for row in FORMATS if row.name == "postfix")
    reader = row.make(memory)
    stamp = "Nov 29 02:00:00 mail postfix"
    for number in range(3_000):
        lines = (
            f"{stamp}/qmgr[1]: {number:011X}: from=<a{number}@x.example>, size=1, nrcpt=1 (queue active)",
            f"{stamp}/smtp[{number}]: Untrusted TLS connection established to h[::1]:25: v1 with cipher X",
        )
        for line in lines:
            assert reader.read(line.encode(), number + 1) == ()
    assert len(memory) == 50
    assert list(memory)[-1] == f"{2_999:011X}"


def test_unparsed_records_keep_the_line() -> None:
    line = (
        b"Nov 29 02:00:00 mail postfix/smtp[1]: 4C0FFEE4C0F: to=<a@b.example>, relay=x[192.0.2.1]:25, status="
    )
    result = unparsed(read(SAMPLES[[each.name for each in SAMPLES].index("postfix-bsd")], [line]))
    assert [(record.line, record.data) for record in result] == [(1, line)]
