"""Runs long computations in a thread, so that they do not block the event loop.

There are few threads, and they are reused: starting one needs Python's global lock, which a computing thread
releases only after 5 ms. They are daemon threads; for others the interpreter would wait at exit. If this
machine has no thread left, the work is done in the event loop.
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
)  # two computing threads would hold Python's lock twice as long as the event loop
_IDLE_SECONDS = 1.0  # seconds until an idle thread ends


async def in_thread(work: Callable[[], T]) -> T:
    """The result of `work`, run in a thread, one at a time in the process; in the event loop if this machine
    has no thread left. Exceptions are raised. A cancelled caller does not wait for it."""
    async with _ONE.hold():
        is_started = start(work)
        return work() if is_started is None else await is_started


def start(work: Callable[[], T]) -> asyncio.Future[T] | None:
    """Start `work` in a thread at once; None if this machine has none left."""
    delivery: _Delivery[T] = _Delivery()
    context = contextvars.copy_context()

    def job() -> None:
        with delivery:
            delivery.result = context.run(work)

    return delivery.future if _pool.give(job) else None


class _Delivery(Generic[T]):
    """Passes the result of a block in another thread to the event loop in which this was created."""

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
        with contextlib.suppress(RuntimeError):  # the loop is closed
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
    """Retrieve an exception that nobody awaits, or asyncio reports it on stderr."""
    if not future.cancelled():
        future.exception()


class _Pool:
    """A pool of threads. It grows with the work given at once, which the caller limits."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Drop all threads: in a forked process only the forking thread continues."""
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._idle = 0

    def give(self, job: Callable[[], None]) -> bool:
        """Give work to a thread; False if that needs a new thread and this machine has none left."""
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
                job = self._jobs.get(timeout=_IDLE_SECONDS)
            except queue.Empty:
                with self._lock:
                    if self._jobs.empty():
                        self._idle -= 1
                        return
                continue
            job()
            del job  # so that its objects are freed while this thread waits
            with self._lock:
                self._idle += 1


_pool = _Pool()


os.register_at_fork(after_in_child=_pool.forget)
