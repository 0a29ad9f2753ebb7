"""The collector begins late, and then works as ever."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from probe.cli import collector


@pytest.fixture(autouse=True)
def _usual() -> Iterator[tuple[int, int, int]]:
    before, callbacks = gc.get_threshold(), list(gc.callbacks)
    yield before
    gc.set_threshold(*before)
    gc.callbacks[:] = callbacks


def _collections() -> int:
    return sum(generation["collections"] for generation in gc.get_stats())


def test_objects_of_the_start_are_not_looked_at(_usual: tuple[int, int, int]) -> None:
    gc.collect()
    collector.begin_late()
    before = _collections()
    objects = [[] for _ in range(20_000)]  # type: ignore[var-annotated]
    assert _collections() == before
    objects += [[] for _ in range(100_000)]
    assert _collections() > before
    assert gc.get_threshold() == _usual


def test_the_late_begin_leaves_nothing_behind(_usual: tuple[int, int, int]) -> None:
    callbacks = list(gc.callbacks)
    collector.begin_late()
    gc.collect()
    assert gc.callbacks == callbacks
    assert gc.get_threshold() == _usual


def test_a_threshold_that_another_set_stays_until_it_is_taken_back(_usual: tuple[int, int, int]) -> None:
    collector.begin_late()
    late = gc.get_threshold()
    gc.set_threshold(5_000, *late[1:])
    gc.collect()
    assert gc.get_threshold()[0] == 5_000
    gc.set_threshold(*late)
    gc.collect()
    assert gc.get_threshold() == _usual
