"""An event loop whose clock stands still while the machine has no time for it.

A test has both sides of a dialogue in one loop, and a limit of tenths of a second for what never comes. When
the process was kept from running for longer, on a busy machine, all its timers were due at once: the side
that waits gave up before the other side had its turn. Here a turn of the loop takes at most TURN seconds, and
a wait for a timer as long as it was meant to.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from types import ModuleType
from typing import Any

TURN = 0.02  # seconds: many times what one takes where nothing else runs


class _Selector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self._counted = self._read_at = time.monotonic()

    def now(self) -> float:
        """As `time.monotonic`, without what was more than a turn since the last wait."""
        return self._counted + min(time.monotonic() - self._read_at, TURN)

    def select(self, timeout: float | None = None) -> Any:
        self._counted = self.now()
        self._read_at = begin = time.monotonic()
        events = super().select(timeout)
        self._read_at = time.monotonic()
        # what arrives, arrived at once: what else it may have waited for is this process
        longest = TURN if events or timeout is None else max(timeout, 0.0)
        self._counted += min(self._read_at - begin, longest)
        return events


class SteadyLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._waits = _Selector()
        super().__init__(self._waits)

    def time(self) -> float:
        return self._waits.now()


class _Time:
    """Stands for the module `time` where it is read for the clock of the event loop."""

    @staticmethod
    def monotonic() -> float:
        try:
            return asyncio.get_running_loop().time()
        except RuntimeError:
            return time.monotonic()


def install(*modules: ModuleType) -> None:
    """From now on every event loop of this process is such a one, and these modules read its clock."""
    asyncio.DefaultEventLoopPolicy._loop_factory = SteadyLoop  # type: ignore[attr-defined]
    for module in modules:
        setattr(module, "time", _Time)  # noqa: B010
