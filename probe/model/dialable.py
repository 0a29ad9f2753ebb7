"""Which addresses the probe may connect to: by default only public ones.

A zone's owner decides what its MX resolves to; without this rule anyone could point the probe at
the network it runs in. Sources: the IANA special-purpose address registries (RFC 6890).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.address import IPAddress


class AddressKind(StrEnum):
    """The kind of an address that is not public: the first range that contains it."""

    UNSPECIFIED = "unspecified"
    THIS_NETWORK = "this_network"
    PRIVATE = "private"
    CARRIER_NAT = "carrier_nat"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link_local"
    IETF_PROTOCOLS = "ietf_protocols"
    DOCUMENTATION = "documentation"
    RELAY_6TO4 = "relay_6to4"
    BENCHMARK = "benchmark"
    MULTICAST = "multicast"
    BROADCAST = "broadcast"
    RESERVED = "reserved"
    LOCAL_NAT64 = "local_nat64"
    DISCARD = "discard"
    TEREDO = "teredo"
    DOCUMENTATION_V6 = "documentation_v6"
    SIX_BONE = "six_bone"
    DOCUMENTATION_V6_LARGE = "documentation_v6_large"
    UNIQUE_LOCAL = "unique_local"
    SITE_LOCAL = "site_local"
    CREDENTIALS = "credentials"
    MAPPED = "mapped"
    NAT64 = "nat64"
    SIX_TO_FOUR = "six_to_four"
    ISATAP = "isatap"
    OUTSIDE_UNICAST = "outside_unicast"
    NOT_GLOBAL = "not_global"


@dataclass(frozen=True, slots=True)
class NotPublic:
    """Why an address is not public; `inside` is the IPv4 address inside it that was judged."""

    kind: AddressKind
    inside: IPv4Address | None = None
    inside_kind: AddressKind | None = None


# Addresses of cloud metadata services, which give out credentials; some are in global ranges.
_CLOUD_METADATA = frozenset(
    ip_address(text)
    for text in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")
)

# The first match counts, so narrower ranges come first.
_RANGES = tuple(
    (ip_network(cidr), kind)
    for cidr, kind in (
        ("0.0.0.0/32", AddressKind.UNSPECIFIED),
        ("0.0.0.0/8", AddressKind.THIS_NETWORK),
        ("10.0.0.0/8", AddressKind.PRIVATE),
        ("100.64.0.0/10", AddressKind.CARRIER_NAT),
        ("127.0.0.0/8", AddressKind.LOOPBACK),
        ("169.254.0.0/16", AddressKind.LINK_LOCAL),
        ("172.16.0.0/12", AddressKind.PRIVATE),
        ("192.0.0.0/24", AddressKind.IETF_PROTOCOLS),
        ("192.0.2.0/24", AddressKind.DOCUMENTATION),
        ("192.88.99.0/24", AddressKind.RELAY_6TO4),
        ("192.168.0.0/16", AddressKind.PRIVATE),
        ("198.18.0.0/15", AddressKind.BENCHMARK),
        ("198.51.100.0/24", AddressKind.DOCUMENTATION),
        ("203.0.113.0/24", AddressKind.DOCUMENTATION),
        ("224.0.0.0/4", AddressKind.MULTICAST),
        ("255.255.255.255/32", AddressKind.BROADCAST),
        ("240.0.0.0/4", AddressKind.RESERVED),
        ("::/128", AddressKind.UNSPECIFIED),
        ("::1/128", AddressKind.LOOPBACK),
        ("64:ff9b:1::/48", AddressKind.LOCAL_NAT64),
        ("100::/64", AddressKind.DISCARD),
        ("2001::/32", AddressKind.TEREDO),
        ("2001:db8::/32", AddressKind.DOCUMENTATION_V6),
        ("3ffe::/16", AddressKind.SIX_BONE),
        ("3fff::/20", AddressKind.DOCUMENTATION_V6_LARGE),
        ("fc00::/7", AddressKind.UNIQUE_LOCAL),
        ("fe80::/10", AddressKind.LINK_LOCAL),
        ("fec0::/10", AddressKind.SITE_LOCAL),
        ("ff00::/8", AddressKind.MULTICAST),
    )
)
_PRIVATE = tuple(
    ip_network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)
_BROADCAST = IPv4Address("255.255.255.255")
_NAT64 = ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ip_network("64:ff9b:1::/48")  # with a /96 of it, as RFC 8215 section 4 shows
# RFC 5214 section 6.1: the interface identifier, whatever its universal and group bits say
_ISATAP, _ISATAP_BITS = 0x0000_5EFE, 0xFCFF_FFFF
_GLOBAL_UNICAST = ip_network("2000::/3")  # all that IANA has given out of IPv6 (RFC 3513 section 2.4)


def why_not_dialable(ip: IPAddress) -> NotPublic | None:
    """Why an address is outside the public Internet; None when it is global. IPv4 inside IPv6 (mapped, NAT64,
    6to4, ISATAP) is judged by the IPv4 address, too."""
    kind = _plain_kind(ip)
    if kind is not None:
        return NotPublic(kind)
    return _why_not_v6(ip) if isinstance(ip, IPv6Address) else None


def _plain_kind(ip: IPAddress) -> AddressKind | None:
    if ip in _CLOUD_METADATA:
        return AddressKind.CREDENTIALS
    for network, kind in _RANGES:
        if ip.version == network.version and ip in network:
            return kind
    return _not_registered(ip) if ip.version == 4 else None


def is_private(ip: IPAddress) -> bool:
    """Whether the address is of private or shared space, which each network has for itself."""
    return any(ip.version == network.version and ip in network for network in _PRIVATE)


def nat64_inner(ip: IPAddress) -> IPv4Address | None:
    """The IPv4 address inside an address that a resolver made (DNS64, RFC 6147) under the well-known prefix
    of RFC 6052 or the local-use one of RFC 8215; None for any other address."""
    if isinstance(ip, IPv6Address) and (ip in _NAT64 or ip in _LOCAL_NAT64):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


def why_no_host(ip: IPAddress) -> NotPublic | None:
    """Why an address is never that of a single host, also not in a private network. Linux connects to itself
    for 0.0.0.0."""
    if ip.is_unspecified or ip.is_multicast or ip == _BROADCAST:
        return why_not_dialable(ip)
    return None


def _why_not_v6(ip: IPv6Address) -> NotPublic | None:
    if ip.ipv4_mapped is not None:
        return _wrapping(ip.ipv4_mapped, AddressKind.MAPPED) or NotPublic(AddressKind.MAPPED)
    if ip in _NAT64:
        return _wrapping(IPv4Address(int(ip) & 0xFFFFFFFF), AddressKind.NAT64)
    if ip.sixtofour is not None:
        return _wrapping(ip.sixtofour, AddressKind.SIX_TO_FOUR)
    if ip not in _GLOBAL_UNICAST:
        return NotPublic(AddressKind.OUTSIDE_UNICAST)
    if (int(ip) >> 32) & _ISATAP_BITS == _ISATAP and (
        inside := _wrapping(IPv4Address(int(ip) & 0xFFFFFFFF), AddressKind.ISATAP)
    ):
        return inside
    kind = _not_registered(ip)
    return NotPublic(kind) if kind is not None else None


def _wrapping(inner: IPv4Address, outer: AddressKind) -> NotPublic | None:
    kind = _plain_kind(inner)
    return NotPublic(outer, inner, kind) if kind is not None else None


def _not_registered(ip: IPAddress) -> AddressKind | None:
    """Whether the standard library's copy of the registries says that the address is not global."""
    return None if ip.is_global else AddressKind.NOT_GLOBAL
