"""The limit of a wait for another machine, in a process that is stopped meanwhile."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from probe.net.time_limit import TimeLimit
from tests.support.virtual_time import VirtualLoop


def waited(limit: TimeLimit, during: Callable[[VirtualLoop], object] = lambda _: None) -> float:
    """How long one waits in vain, while `during` happens."""
    loop = VirtualLoop()

    async def work() -> None:
        during(loop)
        with pytest.raises(TimeoutError):
            async with limit:
                await asyncio.Event().wait()

    try:
        loop.run_until_complete(work())
        return loop.time()
    finally:
        loop.close()


@pytest.mark.parametrize("seconds", [0.0, 0.25, 1.0, 10.5, 3600.0])
def test_in_a_process_that_runs_it_is_that_of_the_clock(seconds: float) -> None:
    assert waited(TimeLimit(seconds)) == pytest.approx(seconds)


@pytest.mark.parametrize("at", [0.3, 4.0, 9.0, 9.9])
def test_seconds_in_which_the_process_was_stopped_do_not_count(at: float) -> None:
    seconds = waited(TimeLimit(10), lambda loop: loop.call_later(at, loop.stand_still, 40.0))
    assert seconds == pytest.approx(50, abs=1)


def test_many_stops_count_no_more_than_one() -> None:
    def stops(loop: VirtualLoop) -> None:
        for number in range(5):
            loop.call_later(1.5 + 31 * number, loop.stand_still, 30.0)

    assert waited(TimeLimit(10), stops) == pytest.approx(160, abs=5)


def test_a_process_that_is_a_little_late_is_not_stopped() -> None:
    def turns(loop: VirtualLoop) -> None:
        loop.call_later(0.4, loop.stand_still, 0.9)
        loop.call_later(0.5, turns, loop)

    assert waited(TimeLimit(10), turns) < 14


@pytest.mark.parametrize("longest", [0.0, 5.0, 30.0])
def test_nothing_is_waited_for_beyond_the_longest_time(longest: float) -> None:
    seconds = waited(
        TimeLimit(10, longest=longest), lambda loop: loop.call_later(2.0, loop.stand_still, 25.0)
    )
    assert seconds == pytest.approx({0.0: 0.0, 5.0: 27.0, 30.0: 30.0}[longest], abs=1)


def test_it_can_be_cut_and_not_extended() -> None:
    limit = TimeLimit(10)

    def cuts(loop: VirtualLoop) -> None:
        loop.call_later(3.0, limit.cut, 2.0)
        loop.call_later(4.0, limit.cut, 60.0)

    assert waited(limit, cuts) == pytest.approx(5)


def test_what_came_at_the_last_moment_is_read() -> None:
    """Through as many turns of the loop as a stream needs, although the timer was due before the first."""
    loop = VirtualLoop()
    ours, theirs = socket.socketpair()

    def come() -> None:
        theirs.sendall(b"an answer\n")
        loop.stand_still(0.5)

    async def work() -> bytes:
        reader, writer = await asyncio.open_connection(sock=ours)
        loop.call_later(0.9, come)
        async with TimeLimit(1.0):
            line = await reader.readline()
        writer.close()
        return line

    try:
        assert loop.run_until_complete(work()) == b"an answer\n"
    finally:
        loop.close()
        theirs.close()


def test_what_ends_in_time_leaves_no_timer_and_is_not_cancelled() -> None:
    loop = VirtualLoop()

    async def work() -> None:
        async with TimeLimit(1.0) as limit:
            await asyncio.sleep(0.5)
        limit.cut(0.1)
        await asyncio.sleep(5)

    try:
        loop.run_until_complete(work())
        assert loop.time() == pytest.approx(5.5)
    finally:
        loop.close()


def test_who_is_cancelled_from_outside_hears_of_no_limit() -> None:
    loop = VirtualLoop()

    async def work() -> None:
        async with TimeLimit(1.0):
            await asyncio.Event().wait()

    async def cancelled() -> None:
        task = asyncio.ensure_future(work())
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    try:
        loop.run_until_complete(cancelled())
    finally:
        loop.close()
