"""Domain suffixes, looked up in a time that does not depend on how many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from probe.knowledge.names import is_within


class Suffixes:
    """Names below which, or at which, others stand. A `*` label stands for any one label."""

    def __init__(self, names: Iterable[str]) -> None:
        names = tuple(names)
        self._names = frozenset(name for name in names if "*" not in name)
        self._wild = tuple(sorted(set(names) - self._names, key=len, reverse=True))

    def above(self, name: str) -> str:
        """The longest suffix below which the name stands; empty where there is none."""
        return next((tail for tail in _tails(name.partition(".")[2]) if tail in self._names), "")

    def around(self, name: str) -> str:
        """The longest suffix that the name is, or stands below; empty where there is none."""
        nearest = name if name in self._names else self.above(name)
        wild = next((suffix for suffix in self._wild if is_within(name, suffix)), "")
        return max(nearest, wild, key=lambda suffix: suffix.count(".") if suffix else -1)


def _tails(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.partition(".")[2]
