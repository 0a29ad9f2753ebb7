"""The signs by which mail servers are taken for one operator's: the provider that their name belongs to, the
registered domain of their name, and the networks of their addresses (/24 of IPv4, /48 of IPv6)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from probe.knowledge.providers import by_mx_hosts
from probe.standards.public_suffix import organizational_domain

_NETWORK = {4: 3, 16: 6}  # octets of the network, by those of an address


def network(packed: bytes) -> bytes:
    """The network of an address of 4 or 16 octets: its /24 or /48."""
    return packed[: _NETWORK[len(packed)]]


def networks_of(addresses: Iterable[bytes]) -> tuple[bytes, ...]:
    """Their networks, each once and in order."""
    return tuple(sorted(set(map(network, addresses))))


@lru_cache(maxsize=65536)
def signs_of(host: str, networks: tuple[bytes, ...] = ()) -> tuple[str, ...]:
    """The signs of one mail server, by its name in A-labels and the networks of its addresses."""
    first, *others = first_signs(host, networks)
    domain = f"domain:{organizational_domain(host) or host}"
    return (first, *((domain,) if domain != first else ()), *others)


def first_signs(host: str, networks: tuple[bytes, ...] = ()) -> tuple[str, ...]:
    """The same without the registered domain of a known provider's host: for that a list would have to be
    loaded."""
    provider = by_mx_hosts((host,))
    name = f"provider:{provider.id}" if provider else f"domain:{organizational_domain(host) or host}"
    return (name, *(f"net:{it.hex()}" for it in sorted(networks)))
