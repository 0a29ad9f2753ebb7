"""Counts by time: all are kept, however long it takes, in few intervals."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from probe.maillog.bins import Bins, Durations


@given(st.lists(st.integers(0, 4 * 10**9), max_size=400), st.integers(1, 60))
def test_nothing_is_lost(moments: list[int], columns: int) -> None:
    bins = Bins()
    for at in moments:
        bins.add(at)
    assert sum(bins.counts.values()) == len(moments) and len(bins.counts) <= 192
    if moments:
        assert sum(bins.bar(min(moments), max(moments), columns)) == len(moments)
    assert bins.since(0) == len(moments) and sum(bins.hourly().values()) == len(moments)


def test_a_bar_shows_where_it_was() -> None:
    bins = Bins()
    for at in (0, 10, 3590):
        bins.add(at)
    assert bins.bar(0, 3600, 4) == (2, 0, 0, 1)


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=200))
def test_the_median_is_about_the_median(seconds: list[int]) -> None:
    durations = Durations()
    for each in seconds:
        durations.add(each)
    middle = sorted(seconds)[(len(seconds) - 1) // 2]
    assert durations.longest == max(seconds) and durations.count == len(seconds)
    assert middle * 0.7 - 1 <= durations.median() <= middle + 1
