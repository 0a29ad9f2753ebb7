"""What is new, gone or tripled; small counts prove nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.maillog.news import State, compare, is_tripled, lower_ratio, within
from probe.maillog.report import Since
from tests.unit.maillog.made import bounced, counted, deferred, sent

GONE, FULL = "550 5.1.1 user unknown", "552 5.2.2 mailbox full"


@pytest.mark.parametrize(
    ("count", "before", "tripled"),
    [
        (3, 1, False),
        (5, 1, False),
        (30, 10, False),
        (60, 10, True),
        (200, 60, True),
        (29, 10, False),
        (9, 0, False),
    ],
)
def test_tripled_needs_more_than_chance(count: int, before: int, tripled: bool) -> None:
    assert is_tripled(count, 3600, before, 3600) is tripled


def test_rates_count_and_not_numbers() -> None:
    assert not is_tripled(300, 36_000, 30, 3600)
    assert is_tripled(300, 3600, 300, 36_000)


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1, 10**6))
def test_the_lower_limit_is_below_the_ratio(
    count: int, seconds: int, before: int, seconds_before: int
) -> None:
    low = lower_ratio(count, seconds, before, seconds_before)
    assert low >= 0
    if before:
        assert low <= count / seconds / (before / seconds_before) + 1e-6


def test_from_report_to_report() -> None:
    first = [bounced(GONE, "AAAAAA1234", at="01:00:00")]
    result = compare(counted(first), State()).state
    assert result.until is not None and len(result.groups) == 1
    again = compare(counted(first, mark=result.until), result)
    assert (again.news.new, again.news.tripled, again.news.gone) == (0, 0, ())
    assert set(again.since_last.values()) == {Since.KNOWN}
    more = compare(counted([*first, bounced(FULL, "BBBBBB1234", at="02:00:00")], mark=result.until), result)
    assert more.news.new == 1 and len(more.news.gone) == 1
    back = [*first, bounced(FULL, "BBBBBB1234", at="02:00:00"), bounced(GONE, "CCCCCC1234", at="03:00:00")]
    returned = compare(counted(back, mark=more.state.until), more.state)
    assert {value for key, value in returned.since_last.items() if key[2] == "user_unknown"} == {Since.NEW}


def test_what_still_waits_is_not_gone() -> None:
    lines = [deferred("450 4.2.2 mailbox full", "AAAAAA1234", at="01:00:00")]
    result = compare(counted(lines), State()).state
    later = [*lines, sent("BBBBBB1234", "x@c.example", at="05:00:00")]
    assert compare(counted(later, mark=result.until), result).news.gone == ()


def test_passing_trouble_is_no_news_to_wake_anybody() -> None:
    result = compare(counted([sent(at="01:00:00")]), State()).state
    grey = [deferred("450 4.7.1 Greylisted", "AAAAAA1234", at="02:00:00")]
    assert compare(counted(grey, mark=result.until), result).news.new == 0


def test_a_jump_in_volume_is_named() -> None:
    quiet = [sent(f"A{n:09d}", at=f"{n % 8:02d}:{n % 60:02d}:00") for n in range(160)]
    rush = [sent(f"B{n:09d}", at=f"09:{n % 60:02d}:30") for n in range(400)]
    (note,) = within(counted([*quiet, *rush]))
    assert "rose to 400 an hour" in note and "b.example" in note
    assert within(counted(quiet)) == ()


def test_an_address_that_came_late_is_named() -> None:
    row = (
        "2026-11-29 {}:00:00 1xXUp{}-00000Z-0H => bob@b.example R=dnslookup T=remote_smtp "
        'H=mx.b.example [192.0.2.1] I=[{}]:25 C="250 ok"'
    )
    lines = [row.format(f"0{n}", n, "198.51.100.1" if n < 5 else "198.51.100.2") for n in range(9)]
    (note,) = within(counted(lines, "exim"))
    assert "198.51.100.2 since 2026-11-29T05:00:00Z" in note
