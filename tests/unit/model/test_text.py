"""Each measure is written in one way."""

from __future__ import annotations

import pytest

from probe.model.text import amount, duration, seconds, size


@pytest.mark.parametrize(
    ("octets", "written"),
    [
        (700, "700 octets"),
        (1023, "1023 octets"),
        (1024, "1 KiB"),
        (10_240_000, "9.8 MiB"),
        (1024 * 1024 - 1, "1024 KiB"),
        (36_700_160, "35 MiB"),
    ],
)
def test_octets_are_written_in_the_units_of_mail_limits(octets: int, written: str) -> None:
    assert size(octets) == written


@pytest.mark.parametrize(
    ("time", "written"),
    [
        (119, "119 s"),
        (120, "2 min"),
        (7199, "120 min"),
        (7200, "2 h"),
        (172_799, "48 h"),
        (172_800, "2 days"),
    ],
)
def test_a_time_is_in_the_largest_unit_of_which_there_are_two(time: int, written: str) -> None:
    assert duration(time) == written


def test_what_was_measured_has_one_decimal() -> None:
    assert [seconds(ms) for ms in (49, 2_449, 61_000)] == ["0.0 s", "2.4 s", "61.0 s"]


@pytest.mark.parametrize(
    ("count", "nouns", "written"),
    [
        (0, ("row",), "0 rows"),
        (1, ("row",), "1 row"),
        (1200, ("row",), "1 200 rows"),
        (1, ("mailbox", "mailboxes"), "1 mailbox"),
        (2, ("mailbox", "mailboxes"), "2 mailboxes"),
    ],
)
def test_one_is_counted_as_one(count: int, nouns: tuple[str, ...], written: str) -> None:
    assert amount(count, *nouns) == written
