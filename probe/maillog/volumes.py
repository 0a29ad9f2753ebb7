"""The volume to each operator over time, to compare with a provider's limits."""

from __future__ import annotations

from probe._dataclass import dataclass, field
from probe.maillog.bins import Bins
from probe.maillog.operators import OTHERS, Operator

OPERATORS = 2_000  # whose volume is counted
_OPEN = 16  # minutes of which more may come in the lines behind


@dataclass(slots=True)
class Volume:
    """What went to one operator. `failed` holds attempts that were made, `sent` deliveries; times in seconds
    since 1970. `minutes`: attempts by the minute since 1970, of those that are not in the bins yet."""

    operator: Operator
    sent: int = 0
    failed: int = 0
    peak: int = 0  # attempts in one minute
    peak_at: int = 0
    minutes: dict[int, int] = field(default_factory=dict)


class Volumes:
    """Volumes and their bins by the id of the operator. Call `settle` before reading them."""

    def __init__(self) -> None:
        self.by_id: dict[str, Volume] = {}
        self.bins: dict[str, Bins] = {}

    def at(self, operator: Operator, at: int | None, count: int = 1) -> Volume:
        """The operator's volume, in which so many attempts at this time are counted."""
        volume = self.by_id.get(operator.id)
        if volume is None:
            if len(self.by_id) >= OPERATORS:
                operator = OTHERS
            volume = self.by_id.setdefault(operator.id, Volume(operator))
            self.bins.setdefault(operator.id, Bins())
        if at is not None:
            minute = at // 60
            minutes = volume.minutes
            minutes[minute] = minutes.get(minute, 0) + count
        return volume

    def settle(self, still_open: int = 0) -> None:
        """Count the minutes that are over: all, but for so many of each operator that were met last."""
        for volume in self.by_id.values():
            minutes = volume.minutes
            for minute in list(minutes)[: len(minutes) - still_open] if len(minutes) > still_open else ():
                self._minute_is_over(volume, minute, minutes.pop(minute))

    def _minute_is_over(self, volume: Volume, minute: int, count: int) -> None:
        self.bins[volume.operator.id].add(minute * 60, count)
        if count > volume.peak or (count == volume.peak and minute * 60 < volume.peak_at):
            volume.peak, volume.peak_at = count, minute * 60

    def rest(self) -> None:
        """A part of a log was read: what is kept open of it is bounded."""
        self.settle(_OPEN)
