"""When something happened, counted in intervals: few of them, however long the log is."""

from __future__ import annotations

from collections.abc import Mapping

_FINEST = 60  # seconds
_MOST = 192  # intervals; beyond this, two are merged into one


class Bins:
    """Counts by interval. `width` in seconds; `counts` maps the number of an interval (since 1970) to a
    count."""

    __slots__ = ("counts", "width")

    def __init__(self) -> None:
        self.width = _FINEST
        self.counts: dict[int, int] = {}

    def add(self, at: int, count: int = 1) -> None:
        """Count something that happened at `at`, in seconds since 1970."""
        number = at // self.width
        counts = self.counts
        if number in counts:
            counts[number] += count
            return
        counts[number] = count
        while len(self.counts) > _MOST:
            self._widen()

    def _widen(self) -> None:
        self.width *= 2
        wider: dict[int, int] = {}
        for number, count in self.counts.items():
            wider[number // 2] = wider.get(number // 2, 0) + count
        self.counts = wider

    def bar(self, first: int, last: int, columns: int) -> tuple[int, ...]:
        """The counts from `first` to `last` in that many columns of the same length."""
        counts = [0] * columns
        span = max(last - first, 1)
        for number, count in self.counts.items():
            middle = min(max(number * self.width + self.width // 2, first), last)
            counts[min((middle - first) * columns // span, columns - 1)] += count
        return tuple(counts)

    def hourly(self) -> Mapping[int, int]:
        """The counts by hour (since 1970), where the intervals are not longer; else by interval, as hours."""
        counts: dict[int, int] = {}
        for number, count in self.counts.items():
            hour = number * self.width // 3600
            counts[hour] = counts.get(hour, 0) + count
        return counts

    def since(self, at: int) -> int:
        """The count since `at`: complete intervals that begin there or later."""
        return sum(count for number, count in self.counts.items() if number * self.width >= at)


class Durations:
    """Durations in buckets, each a quarter larger than the last: enough for the median and the longest."""

    __slots__ = ("_buckets", "count", "longest")

    def __init__(self) -> None:
        self._buckets: dict[int, int] = {}
        self.count = 0
        self.longest = 0

    def add(self, seconds: int) -> None:
        self.count += 1
        self.longest = max(self.longest, seconds)
        bits = max(seconds, 1).bit_length()
        bucket = 4 * bits + (max(seconds, 1) * 4 >> bits - 1) - 4
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1

    def median(self) -> int:
        """The median; 0 for none."""
        count = 0
        for bucket in sorted(self._buckets):
            count += self._buckets[bucket]
            if count * 2 >= self.count:
                bits, quarter = divmod(bucket, 4)
                return min((1 << bits - 1) * (4 + quarter) // 4, self.longest)
        return 0
