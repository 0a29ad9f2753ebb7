"""Work in threads: results, errors, no thread to be had, nobody who waits."""

from __future__ import annotations

import asyncio
import gc
import threading
from contextvars import ContextVar

import pytest

from probe.net import threads
from probe.net.threads import in_thread, start

word: ContextVar[str] = ContextVar("word", default="")


def _no_thread(*_: object) -> None:
    raise RuntimeError("can't start new thread")


async def test_work_is_done_in_a_thread_with_the_context_of_its_caller() -> None:
    word.set("said")
    assert await in_thread(word.get) == "said"
    assert await in_thread(threading.current_thread) is not threading.current_thread()


async def test_an_error_comes_to_the_caller() -> None:
    def fail() -> None:
        raise LookupError("as it was raised")

    with pytest.raises(LookupError, match="as it was raised"):
        await in_thread(fail)


async def test_one_works_at_a_time_and_the_threads_are_used_again() -> None:
    inside, most, used = 0, 0, set()
    lock = threading.Lock()

    def work() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
            used.add(threading.current_thread())
        with lock:
            inside -= 1

    await asyncio.gather(*(in_thread(work) for _ in range(50)))
    assert most == 1
    assert len(used) <= 10  # one more where the last is not yet back


async def test_where_no_thread_can_be_had_the_loop_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", _no_thread)
    monkeypatch.setattr(threads, "_pool", threads._Pool())
    assert start(lambda: 1) is None
    assert await in_thread(threading.current_thread) is threading.current_thread()


async def test_a_caller_that_is_cancelled_does_not_wait_and_nothing_is_complained_about(
    capfd: pytest.CaptureFixture[str],
) -> None:
    begun, go_on, run = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(30)
        run.set()
        raise LookupError

    task = asyncio.create_task(in_thread(work))
    while not begun.is_set():
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not run.is_set()
    go_on.set()
    assert await in_thread(lambda: 2) == 2
    await asyncio.sleep(0.01)
    gc.collect()
    assert capfd.readouterr().err == ""


def test_threads_do_not_hold_up_the_end_of_the_process() -> None:
    async def daemon() -> bool:
        return await in_thread(lambda: threading.current_thread().daemon)

    assert asyncio.run(daemon())
