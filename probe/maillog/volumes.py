"""How much went to which operator, and when: what a provider's limits are compared with."""

from __future__ import annotations

from dataclasses import dataclass

from probe.maillog.bins import Bins
from probe.maillog.operators import OTHERS, Operator

OPERATORS = 2_000  # whose volume is counted


@dataclass(slots=True)
class Volume:
    """What went to one operator. `failed` holds attempts that were made, `sent` deliveries; times in seconds
    since 1970."""

    operator: Operator
    sent: int = 0
    failed: int = 0
    peak: int = 0  # attempts in one minute
    peak_at: int = 0
    minute: int = 0
    in_minute: int = 0


class Volumes:
    """Volumes and their bins by the id of the operator. Call `settle` before they are looked at."""

    def __init__(self) -> None:
        self.by_id: dict[str, Volume] = {}
        self.bins: dict[str, Bins] = {}

    def at(self, operator: Operator, at: int | None) -> Volume:
        """The operator's volume, in which an attempt at this time is counted."""
        volume = self.by_id.get(operator.id)
        if volume is None:
            if len(self.by_id) >= OPERATORS:
                operator = OTHERS
            volume = self.by_id.setdefault(operator.id, Volume(operator))
            self.bins.setdefault(operator.id, Bins())
        if at is not None:
            minute = at // 60
            if minute == volume.minute:
                volume.in_minute += 1
            else:
                self._minute_is_over(volume)
                volume.minute, volume.in_minute = minute, 1
        return volume

    def settle(self) -> None:
        """Count the minute that is still running."""
        for volume in self.by_id.values():
            self._minute_is_over(volume)
            volume.in_minute = 0

    def _minute_is_over(self, volume: Volume) -> None:
        if volume.in_minute:
            self.bins[volume.operator.id].add(volume.minute * 60, volume.in_minute)
        if volume.in_minute > volume.peak:
            volume.peak, volume.peak_at = volume.in_minute, volume.minute * 60
