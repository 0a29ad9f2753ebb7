"""A semaphore for the whole process: first come, first served, across event loops and threads; its size may
depend on free resources."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


class _Hold:
    """A waiter, and later a holder."""

    def __init__(self, limit: ProcessLimit) -> None:
        import asyncio  # here, as whether there is room is also of interest before there is a loop

        self._limit = limit
        self.loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self.loop.create_future()
        self.is_held = False

    async def __aenter__(self) -> None:
        self._limit.want(self)
        is_inside = False
        try:
            if not self.is_held:
                await self._ready
            is_inside = True
        finally:
            if not is_inside:  # it may have been granted at the same moment
                self._limit.give_back(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._limit.give_back(self)

    def tell(self) -> None:
        """Wake the waiter."""
        if not self._ready.done():
            self._ready.set_result(None)


class ProcessLimit:
    """`has_room(held)` says whether one more holder is allowed beside `held` others. It is called when
    somebody waits and when somebody releases; it must be True for 0, or nobody could ever hold it. Holders in
    a closed event loop do not count."""

    def __init__(self, has_room: Callable[[int], bool]) -> None:
        self._has_room = has_room
        self.forget()
        _ALL.add(self)

    def forget(self) -> None:
        """Drop all holders and waiters: they do not exist in a forked process."""
        self._lock = threading.Lock()
        self._holders: list[_Hold] = []
        self._queue: list[_Hold] = []

    def hold(self) -> contextlib.AbstractAsyncContextManager[None]:
        """A context: waits until there is room, then holds it."""
        return _Hold(self)

    def want(self, hold: _Hold) -> None:
        """Queue as the last waiter, unless there is room."""
        with self._lock:
            self._queue.append(hold)
            self._hand_on()

    def give_back(self, hold: _Hold) -> None:
        """Stop holding it or waiting for it."""
        with self._lock:
            for those in (self._holders, self._queue):
                if hold in those:
                    those.remove(hold)
            self._hand_on()

    def _hand_on(self) -> None:
        self._holders = [hold for hold in self._holders if not hold.loop.is_closed()]
        while self._queue and self._has_room(len(self._holders)):
            hold = self._queue.pop(0)
            try:
                hold.loop.call_soon_threadsafe(hold.tell)
            except RuntimeError:
                continue  # its event loop is closed
            hold.is_held = True
            self._holders.append(hold)


def at_most(number: int) -> Callable[[int], bool]:
    """A limit of that many holders."""
    return lambda hold: hold < number


_ALL: weakref.WeakSet[ProcessLimit] = weakref.WeakSet()


def _after_fork() -> None:
    for limit in tuple(_ALL):
        limit.forget()


os.register_at_fork(after_in_child=_after_fork)
