"""How many questions a name server gets at once, from one run, one event loop and several."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable

import pytest

from probe.net import dns_schedule
from probe.net.dns_schedule import RunQuestions, Schedule, Turn, schedule
from probe.settings import DNS_A_TURN, DNS_OPEN_LIMIT, DNS_RECENT_LIMIT


class Run:
    """A run whose questions are never answered, but for those that the test ends."""

    def __init__(self, limit: int = 10_000) -> None:
        self.questions = RunQuestions(limit)
        self.open: list[Turn] = []
        self.begun = 0

    def ask(self, count: int, of: Schedule) -> None:
        for _ in range(count):
            of.add(self.questions, self._begin)

    def _begin(self, turn: Turn) -> None:
        self.begun += 1
        self.open.append(turn)

    def end(self, count: int) -> None:
        for turn in self.open[:count]:
            turn.end()
        del self.open[:count]


async def turns(count: int = 400) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.001)


async def test_a_turn_of_the_loop_lets_few_through() -> None:
    run, of = Run(), schedule()
    run.ask(100, of)
    assert run.begun == 0
    records = []
    for _ in range(40):
        before = run.begun
        await asyncio.sleep(0)
        records.append(run.begun - before)
    assert max(records) <= DNS_A_TURN
    assert run.begun == 100
    run.end(100)


async def test_a_silent_server_gets_a_bufferful_and_then_waits_for_some_to_age(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dns_schedule, "DNS_RECENT", 3600.0)
    run, of = Run(), schedule()
    run.ask(2000, of)
    await turns()
    assert run.begun == DNS_RECENT_LIMIT
    run.end(10)
    await turns()
    assert run.begun == DNS_RECENT_LIMIT + 10
    of.withdraw(run.questions)
    run.end(DNS_RECENT_LIMIT)


async def test_those_that_have_aged_count_for_less_and_still_have_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dns_schedule, "DNS_RECENT", 0.01)
    run, of = Run(), schedule()
    run.ask(2000, of)
    await until(lambda: run.begun == DNS_OPEN_LIMIT)
    await turns()
    assert run.begun == DNS_OPEN_LIMIT
    run.end(100)
    await until(lambda: run.begun == DNS_OPEN_LIMIT + 100)
    of.withdraw(run.questions)
    run.end(DNS_OPEN_LIMIT)


async def test_runs_take_turns_and_each_keeps_to_its_own_limit() -> None:
    large, small, of = Run(limit=64), Run(), schedule()
    large.ask(500, of)
    small.ask(20, of)
    await turns(11)
    assert small.begun == 20, "it does not wait for the 500 before it"
    await turns()
    assert large.begun == 64
    of.withdraw(large.questions)
    large.end(64)
    small.end(20)


async def test_a_further_run_begins_when_no_question_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_schedule, "DNS_RECENT", 3600.0)
    run, of = Run(), schedule()
    await of.nobody_waits()
    run.ask(DNS_RECENT_LIMIT + 50, of)
    further = [asyncio.create_task(of.nobody_waits()) for _ in range(3)]
    await turns()
    assert not any(task.done() for task in further)
    further[0].cancel()
    run.end(50)
    await turns(100)
    run.end(1)
    await asyncio.gather(*further[1:])
    run.end(DNS_RECENT_LIMIT)


async def test_nothing_is_left_in_a_loop_in_which_nobody_asks() -> None:
    run, of = Run(), schedule()
    run.ask(1000, of)
    await turns()
    of.withdraw(run.questions)
    run.end(len(run.open))
    assert of._turn is None
    assert (of._open, of._recent_count) == (0, 0)
    assert of not in dns_schedule._BUSY


def test_loops_of_several_threads_share_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_schedule, "DNS_RECENT", 3600.0)
    everybody_asks, counted = threading.Barrier(4), threading.Barrier(4)
    begun: list[int] = []

    async def one() -> None:
        run, of = Run(), schedule()
        run.ask(1, of)
        await turns(2)
        await asyncio.to_thread(everybody_asks.wait, 30)
        run.ask(1000, of)
        await turns()
        begun.append(run.begun)
        await asyncio.to_thread(counted.wait, 30)
        of.withdraw(run.questions)
        run.end(len(run.open))

    threads = [threading.Thread(target=asyncio.run, args=(one(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert begun == [DNS_RECENT_LIMIT // 4] * 4
    gc.collect()
    assert not len(dns_schedule._BUSY)
