"""Domain suffixes, looked up in constant time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from probe.knowledge.names import is_within


class Suffixes:
    """A set of domain suffixes. A `*` label matches exactly one label."""

    def __init__(self, names: Iterable[str]) -> None:
        names = tuple(names)
        self._names = frozenset(name for name in names if "*" not in name)
        self._wild = tuple(sorted(set(names) - self._names, key=len, reverse=True))

    def above(self, name: str) -> str:
        """The longest suffix that the name lies below; empty if there is none."""
        return next((tail for tail in _tails(name.partition(".")[2]) if tail in self._names), "")

    def around(self, name: str) -> str:
        """The longest suffix that the name equals or lies below; empty if there is none."""
        nearest = name if name in self._names else self.above(name)
        wild = next((suffix for suffix in self._wild if is_within(name, suffix)), "")
        return max(nearest, wild, key=lambda suffix: suffix.count(".") if suffix else -1)


def _tails(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.partition(".")[2]
