"""Work that goes on beside a block, and not beyond it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar

T = TypeVar("T")


@contextlib.asynccontextmanager
async def under_way(work: Awaitable[T]) -> AsyncIterator[asyncio.Future[T]]:
    """Begin the work. Where the block is left before it is done, it is cancelled, and has ended then. What it
    raises is for whoever awaits it."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(_retrieve)
    try:
        yield task
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait((task,))


def _retrieve(task: asyncio.Future[T]) -> None:
    """asyncio complains of an exception that nobody looked at."""
    if not task.cancelled():
        task.exception()
