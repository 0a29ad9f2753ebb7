"""Lets a signal end a run early."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import TypeVar

from probe.cli import signals

T = TypeVar("T")

_AGAIN = 2.0  # seconds


async def until_asked_to_end(work: Awaitable[T]) -> T:
    """The result of `work`; the first signal cancels it, so that sockets are closed and the report is made.
    Raises CancelledError then."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def end() -> None:
        if task is not None and not task.done():
            task.cancel()
            # a wait that ends at the same moment may swallow the cancellation
            loop.call_later(_AGAIN, end)

    def ask() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(end)

    with signals.call_on_signal(ask):
        if signals.is_end_wanted():
            end()
        return await work
