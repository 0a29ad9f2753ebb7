"""However a log is cut, packed, rotated or mixed, its totals are the same; no octets come out live."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.cli.errors import UsageError
from probe.cli.log_inputs import inputs
from probe.cli.log_reading import Run, read_all
from probe.cli.progress import ProgressLine
from probe.maillog.aggregate import Aggregate
from probe.maillog.event_filter import EventFilter
from probe.maillog.further import Selection
from probe.maillog.news import State, compare, within
from probe.maillog.outcome import Outcome
from probe.maillog.pseudonym import Names
from probe.maillog.report import SCHEMA, LogReport
from probe.maillog.summary import groups, history, moment, refusals, totals, volumes
from probe.model.report_tool import ReportTool
from probe.model.verdict import ExitCode
from probe.reading.log.event import Event
from probe.reading.log.formats import FORMATS
from probe.report.formats import Kind, formats_of
from probe.report.log_rows import NamedOutcome
from probe.report.style import Style
from tests.bench import logs_made
from tests.unit.maillog.made import counted
from tests.unit.reading.log.samples import SAMPLES, Sample

POSTFIX = list(logs_made.postfix(900))
EXIM = list(logs_made.exim(900))
PACKS: tuple[Callable[[bytes], bytes], ...] = (bytes, gzip.compress, bz2.compress, lzma.compress)
cuts = st.lists(st.integers(1, 899), max_size=4, unique=True).map(sorted)
ONE_LINE = [it for it in SAMPLES if not it.format.is_multiline and it.basis == "produced"]


def _totals(aggregate: Aggregate) -> tuple[object, ...]:
    """All that is counted, without the order in which it was met."""
    rows = sorted(
        (
            *(group.reason.fix_by, group.operator.id, group.cause, group.attempts, group.repeats),
            *group.messages.values(),
            *(tuple(sorted(group.domains.items())), group.first, group.last),
        )
        for group in aggregate.groups.values()
        if any(group.messages.values())
    )
    return rows, totals(aggregate), aggregate.first, aggregate.last


def _read(names: Sequence[str], jobs: int = 1) -> Aggregate:
    problems: list[UsageError] = []
    run = Run(Aggregate(UTC), EventFilter(), is_brief=True, jobs=jobs)
    read_all(inputs(names, None, problems), run, ProgressLine(is_wanted=False), problems)
    run.aggregate.end()
    assert problems == []
    return run.aggregate


def _whole(rows: Sequence[bytes]) -> tuple[object, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mail.log"
        path.write_bytes(b"".join(rows))
        return _totals(_read([str(path)]))


WHOLE = {"postfix": _whole(POSTFIX), "exim": _whole(EXIM)}


@pytest.mark.parametrize("name", ["postfix", "exim"])
@settings(max_examples=25)
@given(cuts=cuts, pack=st.sampled_from(PACKS), order=st.randoms(use_true_random=False))
def test_split_rotated_and_packed_files_have_the_same_totals(
    name: str, cuts: list[int], pack: Callable[[bytes], bytes], order: object
) -> None:
    rows = {"postfix": POSTFIX, "exim": EXIM}[name]
    begins = [0, *cuts, len(rows)]
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for number, (begin, end) in enumerate(pairwise(begins)):
            age = len(cuts) - number
            path = Path(folder) / (f"mail.log.{age}" if age else "mail.log")
            path.write_bytes(pack(b"".join(rows[begin:end])))
            names.append(str(path))
        order.shuffle(names)  # type: ignore[attr-defined]
        assert _totals(_read(names)) == WHOLE[name]


@given(st.lists(st.booleans(), min_size=1800, max_size=1800))
@settings(max_examples=10)
def test_lines_of_two_servers_in_one_file_add_up(turns: list[bool]) -> None:
    other = list(logs_made.postfix(900, seed=2))
    mixed, left, right = [], list(POSTFIX), other
    for turn in turns:
        source = left if (turn and left) or not right else right
        mixed.append(source.pop(0))
    one, two = counted(b"".join(POSTFIX)), counted(b"".join(logs_made.postfix(900, seed=2)))
    both = counted(b"".join(mixed))
    a, b, c = totals(one), totals(two), totals(both)
    for name in ("messages", "sent", "cured", "deferred", "bounced", "attempts", "refused"):
        assert getattr(a, name) + getattr(b, name) == getattr(c, name)


@pytest.mark.parametrize("which", ONE_LINE, ids=lambda each: each.name)
def test_line_ends_of_windows_change_no_total(which: Sample) -> None:
    plain = b"".join(line + b"\n" for line in which.lines)
    assert _totals(counted(plain, which.format.name)) == _totals(
        counted(plain.replace(b"\n", b"\r\n"), which.format.name)
    )


@pytest.mark.parametrize("which", SAMPLES, ids=lambda each: each.name)
def test_each_message_that_is_counted_is_told_once(which: Sample) -> None:
    """What jsonl prints is what the report counts, though the report reads less of each line."""
    data = b"".join(line + b"\n" for line in which.lines)
    outcomes: list[Outcome] = []
    counted(data, which.format.name, outcomes=outcomes)
    all_told = Counter(it.fate.value for it in outcomes)
    result = totals(counted(data, which.format.name))
    waiting = result.queued + result.held - result.held_counted
    assert all_told["sent"] == result.sent + result.local
    for name in ("deferred", "bounced", "expired"):
        assert all_told[name] == getattr(result, name)
    assert all_told["unknown"] == result.removed + result.dropped + result.discards + waiting
    besides = result.local + result.dropped + result.discards + waiting
    assert sum(all_told.values()) == result.messages + besides


def _report(aggregate: Aggregate, events: Sequence[Event]) -> LogReport:
    names = Names(b"key")
    compared = compare(aggregate, State(until=1))
    return LogReport(
        SCHEMA,
        ReportTool("0", "0"),
        (),
        moment(aggregate.first),
        moment(aggregate.last),
        0,
        totals(aggregate),
        groups(aggregate, Selection(names, ("-",), since_last=compared.since_last)),
        history(events, aggregate, names),
        volumes(aggregate),
        refusals(aggregate, names),
        compared.news,
        within(aggregate),
        ExitCode.ACCEPTED,
    )


LINES = [line for which in SAMPLES for line in which.lines[::7]]
octets = st.one_of(
    st.binary(max_size=120),
    st.builds(
        lambda line, at, data: line[:at] + data + line[at:],
        st.sampled_from(LINES),
        st.integers(0, 300),
        st.binary(max_size=8) | st.sampled_from([b"\x1b[31m", b"\x9b", b"\r", b"\xe2\x80\xae", b"##vso["]),
    ),
)


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)
@settings(max_examples=15)
@given(rows=st.lists(octets, max_size=12))
def test_no_octets_end_it_or_come_out_live(row: object, rows: list[bytes]) -> None:
    name: str = row.name  # type: ignore[attr-defined]
    data = b"\n".join(rows)
    outcomes: list[Outcome] = []
    counted(data, name, outcomes=outcomes)
    result = _report(counted(data, name), [it.event for it in outcomes])
    style = Style()
    for form in formats_of(Kind.LOG).values():
        if form.name == "jsonl":
            texts = [form.write(Kind.LOG, NamedOutcome(it, Names(None)), style) for it in outcomes]
        else:
            texts = [form.write(Kind.LOG, result, style)]
        for text in texts:
            plain = text.replace("\n", "").replace("\r", "") if form.name == "csv" else text.replace("\n", "")
            assert not [char for char in plain if unicodedata.category(char) in ("Cc", "Cf", "Cs")]
