"""The pseudonyms of addresses in a redacted recording: from documentation ranges, or from the same private
range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from probe.model.address import IPAddress
from probe.model.dialable import nat64_inner

_DOCUMENTATION = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")  # RFC 5737
# A pseudonym is of the same kind of address; loopback and the unspecified address are kept.
_POOLS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("10.0.0.0/8", ("10.0.0.0/8",)),
    ("172.16.0.0/12", ("172.16.0.0/12",)),
    ("192.168.0.0/16", ("192.168.0.0/16",)),
    ("100.64.0.0/10", ("100.64.0.0/10",)),
    ("169.254.0.0/16", ("169.254.0.0/16",)),
    ("0.0.0.0/0", (*_DOCUMENTATION, "240.0.0.0/4")),
    ("fe80::/10", ("fe80::/64",)),
    ("fc00::/7", ("fd00::/64",)),
    ("::/0", ("2001:db8::/32",)),  # RFC 3849
)
_UNCHANGED_V4 = ("127.0.0.0/8", "0.0.0.0/32", "255.255.255.255/32")  # with the answers of blocklists
_NO_MORE = ip_address("192.0.2.0")  # used if every address of that kind is in use


class AddressPseudonyms:
    """Assigns pseudonyms in the order of requests; never one of `avoid`, the original addresses as text."""

    def __init__(self, avoid: frozenset[str]) -> None:
        self._avoid = avoid
        self._pseudonyms: dict[IPAddress, IPAddress] = {}
        self._pools: dict[str, Iterator[IPAddress]] = {}

    def given(self) -> Mapping[IPAddress, IPAddress]:
        """Original to pseudonym."""
        return self._pseudonyms

    def address(self, ip: IPAddress) -> IPAddress:
        """The pseudonym of an address, of the same kind and family."""
        if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
            return ip_address(f"::ffff:{self.address(ip.ipv4_mapped)}")
        if (behind := nat64_inner(ip)) is not None:
            return IPv6Address((int(ip) >> 32 << 32) + int(self.address(behind)))
        if ip not in self._pseudonyms:
            if _is_kept(ip):
                return ip
            kind, pools = next((kind, pools) for kind, pools in _POOLS if ip in _network(kind))
            pool = self._pools.setdefault(kind, _pool(pools))
            self._pseudonyms[ip] = next((fresh for fresh in pool if str(fresh) not in self._avoid), _NO_MORE)
        return self._pseudonyms[ip]


def _is_kept(ip: IPAddress) -> bool:
    if isinstance(ip, IPv4Address):
        return any(ip in _network(network) for network in _UNCHANGED_V4)
    return ip.is_loopback or ip.is_unspecified


@cache
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text)


def _pool(networks: tuple[str, ...]) -> Iterator[IPAddress]:
    for network in map(_network, networks):
        if isinstance(network, IPv6Network):
            first = int(network.network_address)
            yield from map(IPv6Address, range(first + 1, first + network.num_addresses))
        else:
            yield from network.hosts()
