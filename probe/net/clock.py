"""The clock of a run and its deadline. The only module that reads the time."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

from probe._dataclass import dataclass


class Clock:
    """Counts from its creation, or from `began`, an earlier moment of `time.monotonic`. `started_at` is the
    wall clock at that time, RFC 3339 in UTC."""

    def __init__(self, began: float | None = None) -> None:
        now = time.monotonic()
        self._began = now if began is None else began
        self.began_at = datetime.now(UTC) - timedelta(seconds=now - self._began)

    @property
    def started_at(self) -> str:
        """RFC 3339, UTC, whole milliseconds."""
        return self.began_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def seconds(self) -> float:
        """Seconds since the start; never goes backwards."""
        return time.monotonic() - self._began

    def at_ms(self) -> int:
        """Whole milliseconds since the start, as events carry them."""
        return int(self.seconds() * 1000)

    def now(self) -> datetime:
        """The wall clock, UTC."""
        return datetime.now(UTC)

    def deadline(self, seconds: float) -> Deadline:
        """A deadline `seconds` after the start of the run."""
        return Deadline(self, seconds)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point in time, `at` seconds after the start of `clock`."""

    clock: Clock
    at: float

    def seconds_left(self) -> float:
        """Seconds left; 0 when it has passed."""
        return max(0.0, self.at - self.clock.seconds())

    @property
    def has_passed(self) -> bool:
        """Whether nothing is left."""
        return self.seconds_left() <= 0

    def cut(self, budget: float) -> float:
        """The budget in seconds, or the time left in the run if that is less."""
        return min(budget, self.seconds_left())


async def pause(seconds: float) -> None:
    """Wait; nothing at all when `seconds` is not positive."""
    if seconds > 0:
        await asyncio.sleep(seconds)
