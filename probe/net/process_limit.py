"""A semaphore for the whole process: it is handed on in the order in which it was asked for, whatever event
loop or thread asks, and its size may depend on what the machine has left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class _Waiter:
    loop: asyncio.AbstractEventLoop
    told: asyncio.Future[None]
    is_next: bool = False

    def tell(self) -> None:
        if not self.told.done():
            self.told.set_result(None)


class ProcessLimit:
    """`has_room(held)` says whether one more may hold it beside `held` others. It is asked when somebody
    wants it and when somebody gives it back; it must be true of 0, or nobody would ever get it."""

    def __init__(self, has_room: Callable[[int], bool]) -> None:
        self._has_room = has_room
        self.forget()
        _ALL.add(self)

    def forget(self) -> None:
        """Nobody holds it or waits for it: in a forked process those who did are not there."""
        self._lock = threading.Lock()
        self._held = 0
        self._waiting: deque[_Waiter] = deque()

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Wait until there is room, and hold it within."""
        await self._take()
        try:
            yield
        finally:
            self._give_back()

    async def _take(self) -> None:
        loop = asyncio.get_running_loop()
        with self._lock:
            if not self._waiting and self._has_room(self._held):
                self._held += 1
                return
            waiter = _Waiter(loop, loop.create_future())
            self._waiting.append(waiter)
        try:
            await waiter.told
        except asyncio.CancelledError:
            with self._lock:
                if not waiter.is_next:
                    self._waiting.remove(waiter)
            if waiter.is_next:
                self._give_back()
            raise

    def _give_back(self) -> None:
        with self._lock:
            self._held -= 1
            while self._waiting and self._has_room(self._held):
                waiter = self._waiting.popleft()
                try:
                    waiter.loop.call_soon_threadsafe(waiter.tell)
                except RuntimeError:
                    continue  # its event loop is closed: nobody waits there any more
                waiter.is_next = True
                self._held += 1


def at_most(number: int) -> Callable[[int], bool]:
    """Room for so many."""
    return lambda held: held < number


_ALL: weakref.WeakSet[ProcessLimit] = weakref.WeakSet()


def _after_fork() -> None:
    for limit in tuple(_ALL):
        limit.forget()


os.register_at_fork(after_in_child=_after_fork)
