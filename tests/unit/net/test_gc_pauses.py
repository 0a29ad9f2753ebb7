"""What is changed about the garbage collector while checks are under way is undone after them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from probe.net.gc_pauses import no_pauses, rare_collections, short_pauses


@pytest.fixture(autouse=True)
def unfrozen() -> Iterator[None]:
    before = gc.get_freeze_count()
    gc.unfreeze()
    yield
    gc.unfreeze()
    if before:
        gc.freeze()


async def test_what_was_there_is_left_out_until_the_last_check_ends() -> None:
    first, second = short_pauses(), short_pauses()
    first.__enter__()
    assert gc.get_freeze_count() > 1000
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_freeze_count() > 1000
    second.__exit__(None, None, None)
    assert gc.get_freeze_count() == 0


async def test_a_program_that_has_frozen_objects_itself_is_left_alone() -> None:
    gc.freeze()
    count = gc.get_freeze_count()
    with short_pauses(), no_pauses():
        assert gc.get_freeze_count() <= count
    assert gc.get_freeze_count() > count // 2, "thawed"


def test_a_check_whose_event_loop_is_closed_is_under_way_no_longer() -> None:
    async def begin() -> None:
        short_pauses().__enter__()

    async def check() -> None:
        with short_pauses():
            assert gc.get_freeze_count() > 1000

    asyncio.run(begin())
    asyncio.run(check())
    assert gc.get_freeze_count() == 0


@pytest.mark.parametrize("enabled", [True, False])
def test_loading_leaves_the_collector_on_or_off_as_it_was(enabled: bool) -> None:
    if not enabled:
        gc.disable()
    try:
        with pytest.raises(LookupError), no_pauses():
            assert not gc.isenabled()
            raise LookupError
        assert gc.isenabled() is enabled
    finally:
        gc.enable()


async def test_collections_are_rare_until_the_last_run_has_ended() -> None:
    before = gc.get_threshold()
    first, second = rare_collections(), rare_collections()
    with first:
        second.__enter__()
        assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold()[0] > before[0]
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before
