"""Which mail servers are one operator's: those with the same name in the data, the same registered domain, or
addresses of the same network.

Mail servers are known by signs: the provider that their name belongs to, the registered domain of their name,
and the networks of their addresses (/24 of IPv4, /48 of IPv6). Servers that share a sign are in one lane, and
so are those that a third one joins. Nothing else joins them: a domain may well have servers of two operators.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from functools import lru_cache

from probe.knowledge.providers import by_mx_hosts
from probe.standards.public_suffix import organizational_domain

_NETWORK = {4: 3, 16: 6}  # octets of the network, by those of an address


def network(packed: bytes) -> bytes:
    """The network of an address of 4 or 16 octets: its /24 or /48."""
    return packed[: _NETWORK[len(packed)]]


@lru_cache(maxsize=65536)
def signs_of(host: str, networks: tuple[bytes, ...] = ()) -> tuple[str, ...]:
    """The signs of one mail server, by its name in A-labels and the networks of its addresses."""
    provider = by_mx_hosts((host,))
    named = (f"provider:{provider.id}",) if provider is not None else ()
    domain = organizational_domain(host) or host
    return (*named, f"domain:{domain}", *(f"net:{it.hex()}" for it in sorted(networks)))


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
