"""A limit of the process: in the order of asking, over event loops, threads, cancellations and forks."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import threading

import pytest

from probe.net.process_limit import ProcessLimit, at_most


async def test_no_more_than_allowed_hold_it_and_those_who_wait_keep_their_order() -> None:
    limit = ProcessLimit(at_most(2))
    inside, most, order = 0, 0, []

    async def one(number: int) -> None:
        nonlocal inside, most
        async with limit.hold():
            order.append(number)
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(one(number) for number in range(20)))
    assert most == 2
    assert order == list(range(20))


async def test_who_is_cancelled_while_waiting_leaves_no_gap() -> None:
    limit = ProcessLimit(at_most(1))

    async def forever() -> None:
        async with limit.hold():
            await asyncio.Event().wait()

    holder, waiter = asyncio.create_task(forever()), asyncio.create_task(forever())
    await asyncio.sleep(0)
    waiter.cancel()
    holder.cancel()
    await asyncio.gather(holder, waiter, return_exceptions=True)
    async with asyncio.timeout(5), limit.hold():
        pass


async def test_a_waiter_cancelled_at_its_turn_passes_the_turn_to_the_next() -> None:
    limit = ProcessLimit(at_most(1))
    second = None
    async with limit.hold():

        async def wait() -> None:
            async with limit.hold():
                await asyncio.Event().wait()

        second = asyncio.create_task(wait())
        await asyncio.sleep(0)
    second.cancel()  # it was told, and has not run since
    await asyncio.gather(second, return_exceptions=True)
    async with asyncio.timeout(5), limit.hold():
        pass


def test_event_loops_of_several_threads_share_it() -> None:
    limit = ProcessLimit(at_most(3))
    lock, inside, most, run = threading.Lock(), 0, 0, 0

    async def one() -> None:
        nonlocal inside, most, run
        async with limit.hold():
            with lock:
                inside += 1
                most = max(most, inside)
            await asyncio.sleep(0.001)
            with lock:
                inside -= 1
                run += 1

    async def many() -> None:
        await asyncio.gather(*(one() for _ in range(20)))

    threads = [threading.Thread(target=asyncio.run, args=(many(),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert run == 160
    assert most == 3


def test_waiters_of_a_closed_loop_do_not_block_others() -> None:
    limit = ProcessLimit(at_most(1))

    holding: list[contextlib.AbstractAsyncContextManager[None]] = []

    async def take() -> None:
        holding.append(limit.hold())
        await holding[0].__aenter__()

    async def wait() -> None:
        async with limit.hold():
            raise AssertionError("its loop was to be closed")

    asyncio.run(take())
    lost = asyncio.new_event_loop()
    waiting = lost.create_task(wait())
    lost.run_until_complete(asyncio.sleep(0))
    lost.close()

    async def after() -> None:
        await holding[0].__aexit__(None, None, None)
        async with asyncio.timeout(5), limit.hold():
            pass

    asyncio.run(after())
    waiting._log_destroy_pending = False  # type: ignore[attr-defined]


def test_a_forked_process_begins_anew() -> None:
    limit = ProcessLimit(at_most(1))

    async def hold_and_fork() -> int:
        async with limit.hold():
            return os.fork()

    child = asyncio.run(hold_and_fork())
    if not child:
        os._exit(0 if limit._has_room(len(limit._holders)) and not limit._queue else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("collected", [True, False])
def test_what_a_loop_holds_that_is_closed_in_the_middle_is_given_back(collected: bool) -> None:
    limit = ProcessLimit(at_most(1))

    async def hold() -> None:
        async with limit.hold():
            await asyncio.Event().wait()

    lost = asyncio.new_event_loop()
    holding = lost.create_task(hold())
    lost.run_until_complete(asyncio.sleep(0))
    holding._log_destroy_pending = False  # type: ignore[attr-defined]
    lost.close()
    if collected:
        del holding, lost
        gc.collect()

    async def after() -> None:
        async with asyncio.timeout(5), limit.hold():
            pass

    asyncio.run(after())
