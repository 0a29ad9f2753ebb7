"""Octets to lines, rotated files in the order of time, and the period that a person asks for."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.reading.log.event import Stamp
from probe.reading.log.octets import HEAD, UnpackedFile, lines, packing
from probe.reading.log.period import Period, moment, period
from probe.reading.log.rotation import LogFile, first_stamp, in_time_order
from tests.unit.reading.log.samples import sample

CET = timezone(timedelta(hours=1))
NOW = datetime(2026, 11, 29, 14, 30, tzinfo=CET)
LOG = b"\n".join(sample("postfix-bsd").lines) + b"\n"
PACKERS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def _chunks(data: bytes, size: int = 1000) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("kind", PACKERS)
def test_an_archive_is_known_by_its_octets_and_unpacked_piece_by_piece(kind: str) -> None:
    packed = PACKERS[kind](LOG)
    assert packing(packed[:HEAD]) == kind
    for size in (1, 7, 100_000):
        unpacked = UnpackedFile(_chunks(packed, size), kind)
        assert b"".join(unpacked) == LOG and unpacked.problem is None


@pytest.mark.parametrize("kind", PACKERS)
def test_archives_one_behind_the_other_are_one(kind: str) -> None:
    packed = PACKERS[kind](LOG) + PACKERS[kind](b"more\n") + b"\x00" * 20
    unpacked = UnpackedFile(_chunks(packed), kind)
    assert b"".join(unpacked) == LOG + b"more\n" and unpacked.problem is None


@pytest.mark.parametrize("kind", PACKERS)
def test_a_cut_or_damaged_archive_gives_what_is_before_and_says_so(kind: str) -> None:
    packed = PACKERS[kind](LOG)
    cut = UnpackedFile(_chunks(packed[:-20]), kind)
    assert LOG.startswith(b"".join(cut)) and cut.problem is not None and "cut" in cut.problem
    damaged = UnpackedFile(_chunks(packed[:200] + b"\xff" * 50 + packed[250:]), kind)
    assert len(b"".join(damaged)) <= 2 * len(LOG) and damaged.problem is not None


def test_what_swells_is_unpacked_in_bounded_pieces() -> None:
    step = 1_048_576
    for kind, pack in PACKERS.items():
        for size in (20_000_000, 4 * step):
            unpacked = UnpackedFile([pack(b"\x00" * size)], kind)
            pieces = [len(piece) for piece in unpacked]
            assert max(pieces) <= step and sum(pieces) == size and unpacked.problem is None


def test_what_is_not_packed_and_what_cannot_be_unpacked() -> None:
    assert packing(b"Nov 29") is None and packing(b"") is None
    assert packing(b"\x28\xb5\x2f\xfd\x00\x00") == "zst"
    with pytest.raises(ValueError, match="zst"):
        UnpackedFile([], "zst")


@given(st.lists(st.binary(max_size=30)))
def test_lines_do_not_depend_on_how_the_octets_come(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    expected = whole.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    assert list(lines(chunks)) == expected


@given(st.lists(st.sampled_from([b"\n", b"ab", b"abcdef", b"a\nb", b"\n\nabc"])))
def test_long_lines_are_cut_and_the_next_is_whole(chunks: list[bytes]) -> None:
    expected = [line[:3] for line in b"".join(chunks).split(b"\n")]
    if expected[-1] == b"":
        expected.pop()
    assert list(lines(chunks, limit=3)) == expected


def _names(*names: str) -> list[str]:
    return [file.name for file in in_time_order([LogFile(name) for name in names])]


def test_names_of_rotated_files_tell_their_age() -> None:
    assert _names("m.log", "m.log.1", "m.log.10.gz", "m.log.2.gz") == [
        "m.log.10.gz",
        "m.log.2.gz",
        "m.log.1",
        "m.log",
    ]
    assert _names("maillog", "maillog-20261122.gz", "maillog-20261129") == [
        "maillog-20261122.gz", "maillog-20261129", "maillog",
    ]  # fmt: skip
    assert _names("mainlog", "mainlog.01", "mainlog.02.gz") == ["mainlog.02.gz", "mainlog.01", "mainlog"]
    assert _names("b.log", "a.log.1", "a.log", "b.log.1") == ["b.log.1", "b.log", "a.log.1", "a.log"]
    assert _names("-") == ["-"]


def test_the_time_of_the_first_line_goes_before_the_name() -> None:
    first, second = (Stamp(datetime(2026, 11, day)) for day in (1, 2))
    files = [LogFile("m.log.1", second), LogFile("m.log", first)]
    assert [file.name for file in in_time_order(files)] == ["m.log", "m.log.1"]
    files = [LogFile("m.log.1", second), LogFile("m.log", None)]
    assert [file.name for file in in_time_order(files)] == ["m.log.1", "m.log"]


def test_the_first_stamp_is_found_behind_lines_that_have_none() -> None:
    stamp = first_stamp([b"", b"garbage", *sample("postfix-bsd").lines], datetime(2026, 11, 29))
    assert stamp is not None and stamp.at.date() == datetime(2026, 11, 29).date()
    assert first_stamp([b"garbage"] * 500) is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2h", datetime(2026, 11, 29, 12, 30, tzinfo=CET)),
        ("1d12h", datetime(2026, 11, 28, 2, 30, tzinfo=CET)),
        ("90 s", datetime(2026, 11, 29, 14, 28, 30, tzinfo=CET)),
        ("14:30", NOW),
        ("14:31", datetime(2026, 11, 28, 14, 31, tzinfo=CET)),
        ("today", datetime(2026, 11, 29, tzinfo=CET)),
        ("Yesterday", datetime(2026, 11, 28, tzinfo=CET)),
        ("2026-11-29", datetime(2026, 11, 29, tzinfo=CET)),
        ("2026-11-29 02:00", datetime(2026, 11, 29, 2, tzinfo=CET)),
        ("2026-11-29T02:00:00Z", datetime(2026, 11, 29, 2, tzinfo=UTC)),
        ("2026-11-29 02:00:00 +0000", datetime(2026, 11, 29, 2, tzinfo=UTC)),
    ],
)
def test_moments(text: str, at: datetime) -> None:
    assert moment(text, NOW) == at


@pytest.mark.parametrize(
    "text", ["", "soon", "2", "-2h", "25:00", "2026-02-30", "2026-13-01", "9" * 30 + "w", "1h2", "999999w"]
)
def test_what_is_no_moment_is_told_with_what_would_be_one(text: str) -> None:
    with pytest.raises(ValueError, match="is no time; write 2h"):
        moment(text, NOW)


def test_periods_hold_what_is_in_them_and_do_not_know_what_has_no_time() -> None:
    result = period("2h", "1h", NOW)
    assert result.holds(Stamp(datetime(2026, 11, 29, 12, 30))) is True
    assert result.holds(Stamp(datetime(2026, 11, 29, 11, 30, tzinfo=UTC))) is True
    assert result.holds(Stamp(datetime(2026, 11, 29, 12, 29, 59))) is False
    assert result.holds(Stamp(datetime(2026, 11, 29, 13, 30))) is False
    assert result.holds(None) is None
    assert Period(None, None, None).holds(None) is True
    with pytest.raises(ValueError, match="before it begins"):
        period("1h", "2h", NOW)
