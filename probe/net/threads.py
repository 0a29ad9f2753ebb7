"""Work that takes long, done in a thread, so that whoever shares the event loop is not held up.

The threads are few, and kept for a moment: to start one waits for Python's lock, which whoever computes then
gives up only after 5 ms. They are daemons, which end with the process; for others the interpreter would wait.
Where this machine has no thread left, the work is done in the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import os
import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

from probe.model.exhaustion import shortage_clause
from probe.net.process_limit import ProcessLimit, at_most

T = TypeVar("T")

_ONE = ProcessLimit(
    at_most(1)
)  # two that compute would take two turns of Python's lock for each of the loop's
_KEPT = 1.0  # seconds that a thread without work is kept


async def in_thread(work: Callable[[], T]) -> T:
    """What `work` gives, or raises; done in a thread, one after the other of the whole process, and in the
    event loop where this machine has no thread left. A cancelled caller does not wait for it."""
    async with _ONE.hold():
        is_started = start(work)
        return work() if is_started is None else await is_started


def start(work: Callable[[], T]) -> asyncio.Future[T] | None:
    """Start `work` in a thread, whatever else is under way; None where this machine has none left."""
    delivery: _Delivery[T] = _Delivery()
    context = contextvars.copy_context()

    def job() -> None:
        with delivery:
            delivery.result = context.run(work)

    return delivery.future if _pool.give(job) else None


class _Delivery(Generic[T]):
    """Hands what a block in another thread comes to over to the event loop in which this was made."""

    result: T

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[T] = self._loop.create_future()
        self.future.add_done_callback(_retrieve)

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._settle, error)
        return True

    def _settle(self, error: BaseException | None) -> None:
        if self.future.done():
            return
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(self.result)


def _retrieve(future: asyncio.Future[T]) -> None:
    """An error that nobody waits for any more is not complained about on stderr."""
    if not future.cancelled():
        future.exception()


class _Pool:
    """Threads that wait for work. As many as there is work at once: who gives it bounds it."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """There are no threads: in a forked process only the one that forked goes on."""
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._idle = 0

    def give(self, job: Callable[[], None]) -> bool:
        """Have it done; False where that needs a further thread, and this machine has none left."""
        with self._lock:
            if self._idle:
                self._idle -= 1
            elif not self._start():
                return False
            self._jobs.put(job)
            return True

    def _start(self) -> bool:
        try:
            threading.Thread(target=self._work, name="smtp-probe", daemon=True).start()
        except (RuntimeError, MemoryError) as error:
            if not shortage_clause(error):
                raise
            return False
        return True

    def _work(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=_KEPT)
            except queue.Empty:
                with self._lock:
                    if self._jobs.empty():
                        self._idle -= 1
                        return
                continue
            job()
            del job  # what it holds is not kept while this one waits
            with self._lock:
                self._idle += 1


_pool = _Pool()


os.register_at_fork(after_in_child=_pool.forget)
