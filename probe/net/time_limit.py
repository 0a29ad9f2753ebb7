"""Limits the wait for another machine, in seconds in which this process ran.

A process that was stopped (Ctrl-Z, a debugger), or got no processor for long, finds two things at once when
it goes on: what came meanwhile is unread, and its timers are due. `asyncio.timeout` then cancels what would
have read it, and a server that answered in time is told to be silent. So a second in which the process did
not run does not count, and what is there is read before the limit ends the wait.
"""

from __future__ import annotations

import asyncio
import math
from types import TracebackType

_STEP = 1.0  # seconds between two looks at the clock
_TURNS = 10  # of the event loop: an answer that was received has reached who waits for it by then


class TimeLimit:
    """As `asyncio.timeout`, an async context manager that raises TimeoutError after `seconds`.

    However long the process was stopped, nothing is waited for once `longest` seconds have passed.
    """

    def __init__(self, seconds: float, *, longest: float = math.inf) -> None:
        self._left = max(min(seconds, longest), 0.0)
        self._longest = longest
        self._handle: asyncio.Handle | None = None

    async def __aenter__(self) -> TimeLimit:
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + self._longest
        self._timeout = asyncio.timeout(None)
        await self._timeout.__aenter__()
        self._wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        await self._timeout.__aexit__(kind, error, trace)

    def cut(self, seconds: float) -> None:
        """From now on, at most `seconds` are left."""
        if self._handle is not None and seconds < self._left:
            self._handle.cancel()
            self._left = seconds
            self._wait()

    def _wait(self) -> None:
        self._since = self._loop.time()
        self._step = min(self._left, _STEP)
        self._handle = self._loop.call_later(self._step, self._count)

    def _count(self) -> None:
        now = self._loop.time()
        step = now - self._since
        if step < self._step + _STEP:
            self._left -= step
        if self._left > 0 and now < self._end:
            self._wait()
        else:
            self._expire(_TURNS)

    def _expire(self, turns: int) -> None:
        if turns:
            self._handle = self._loop.call_soon(self._expire, turns - 1)
        else:
            self._handle = None
            self._timeout.reschedule(self._loop.time())
