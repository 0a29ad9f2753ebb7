"""Bounces that come back after the next hop had taken the message: they take the place of a delivery."""

from __future__ import annotations

from probe.reading.log.event import Event

REMEMBERED = 100_000  # deliveries, of the last ones


class Returnable:
    """Deliveries by recipient. A bounce that comes back need not name the message, nor its sender; of several
    to one recipient it does not matter which of them is counted as lost."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._counts: dict[int, int] = {}  # by hash: addresses would take ten times as much

    def note(self, event: Event) -> None:
        """Note a delivery."""
        key = _key(event)
        count = self._counts.pop(key, 0)  # which puts it behind the others
        if len(self._counts) >= self._limit:
            del self._counts[next(iter(self._counts))]
        self._counts[key] = count + 1

    def take_back(self, event: Event) -> bool:
        """Whether a delivery was noted to the recipient of this late bounce; it no longer is."""
        key = _key(event)
        count = self._counts.get(key, 0)
        if count > 1:
            self._counts[key] = count - 1
        elif count:
            del self._counts[key]
        return count > 0


def _key(event: Event) -> int:
    return hash((event.recipient or "").lower())
