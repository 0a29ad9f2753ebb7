"""Which mail servers are one operator's: those that share a sign (`probe.knowledge.operator_signs`), and
those that a third one joins. Nothing else joins them: a domain may well have servers of two operators.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable


class DisjointSet:
    """Numbers from 0 that are joined. What is joined does not depend on the order of joining."""

    def __init__(self, count: int = 0) -> None:
        self._above = array("q", range(count))

    def __len__(self) -> int:
        return len(self._above)

    def add(self) -> int:
        """One more number, alone."""
        number = len(self._above)
        self._above.append(number)
        return number

    def find(self, number: int) -> int:
        """The smallest number that it is joined with."""
        above = self._above
        root = number
        while above[root] != root:
            root = above[root]
        while above[number] != root:
            above[number], number = root, above[number]
        return root

    def join(self, numbers: Iterable[int]) -> int:
        """Join them, at least one; returns the smallest number of all that are together then."""
        roots = sorted({self.find(number) for number in numbers})
        for root in roots[1:]:
            self._above[root] = roots[0]
        return roots[0]
