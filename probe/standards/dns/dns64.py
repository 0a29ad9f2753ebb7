"""The IPv6 prefix under which a resolver makes addresses (DNS64, RFC 6147), found as RFC 7050 shows.

The well-known prefixes are known by themselves (`probe.model.dialable`). Any other is asked for by the name
of which DNS holds two IPv4 addresses and no other: what a resolver gives as its AAAA is made of them.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network

from probe.model.address import IPAddress
from probe.model.dialable import nat64_inner
from probe.standards.dns.message import Answer, Question, RecordType, Resolution
from probe.standards.dns.results import MxResult

IPV4_ONLY = Question("ipv4only.arpa", RecordType.AAAA)
_OF_IPV4_ONLY = frozenset({IPv4Address("192.0.0.170"), IPv4Address("192.0.0.171")})  # RFC 7050 section 2.2
# Which octets hold the IPv4 address under a prefix of so many bits (RFC 6052 section 2.2); the ninth is zero
_PLACES = {
    96: (12, 13, 14, 15),
    64: (9, 10, 11, 12),
    56: (7, 9, 10, 11),
    48: (6, 7, 9, 10),
    40: (5, 6, 7, 9),
    32: (4, 5, 6, 7),
}


def made_addresses(mx: MxResult) -> Resolution[tuple[IPv6Network, ...]]:
    """The prefixes of the resolver; asked for only where an MX host has an IPv6 address that holds one of its
    IPv4 addresses, and that no well-known prefix explains."""
    if not any(_may_be_made(host.addresses) for host in mx.hosts):
        return ()
    (answer,) = yield (IPV4_ONLY,)
    return prefixes_of(answer)


def prefixes_of(answer: Answer) -> tuple[IPv6Network, ...]:
    """The prefixes that the answer to `IPV4_ONLY` shows, each once, in their order."""
    prefixes = (
        IPv6Network((ip, length), strict=False)
        for ip in answer.addresses()
        if isinstance(ip, IPv6Address)
        for length in _PLACES
        if _inner(ip, length) in _OF_IPV4_ONLY
    )
    return tuple(dict.fromkeys(prefixes))


def inner_address(ip: IPAddress, prefixes: tuple[IPv6Network, ...]) -> IPv4Address | None:
    """The IPv4 address that an address was made of, under a well-known prefix or one of these."""
    well_known = nat64_inner(ip)
    if well_known is not None or not isinstance(ip, IPv6Address):
        return well_known
    return next((_inner(ip, prefix.prefixlen) for prefix in prefixes if ip in prefix), None)


def _may_be_made(addresses: tuple[IPAddress, ...]) -> bool:
    four = {ip for ip in addresses if isinstance(ip, IPv4Address)}
    six = (ip for ip in addresses if isinstance(ip, IPv6Address) and nat64_inner(ip) is None)
    return any(_inner(ip, length) in four for ip in six for length in _PLACES)


def _inner(ip: IPv6Address, length: int) -> IPv4Address | None:
    octets = ip.packed
    if length < 96 and octets[8]:
        return None
    return IPv4Address(bytes(octets[place] for place in _PLACES[length]))
