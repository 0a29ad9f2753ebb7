"""Which addresses the probe may connect to: those of the public Internet, and no others by default.

A zone's owner decides what its MX resolves to; without this rule anyone could point the probe at
the network it runs in. Sources: the IANA special-purpose address registries (RFC 6890).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from probe.model.address import IPAddress

# Addresses at which clouds serve credentials of the machine that asks, some of them in ranges
# that count as global.
_CLOUD_METADATA = frozenset(
    ip_address(text)
    for text in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")
)

# First match wins, so the narrower range stands first.
_RANGES = tuple(
    (ip_network(cidr), clause)
    for cidr, clause in (
        ("0.0.0.0/32", "the unspecified address"),
        ("0.0.0.0/8", 'an address of "this network" (RFC 791)'),
        ("10.0.0.0/8", "a private address (RFC 1918)"),
        ("100.64.0.0/10", "an address of carrier-grade NAT (RFC 6598)"),
        ("127.0.0.0/8", "a loopback address"),
        ("169.254.0.0/16", "a link-local address"),
        ("172.16.0.0/12", "a private address (RFC 1918)"),
        ("192.0.0.0/24", "an address reserved for IETF protocols"),
        ("192.0.2.0/24", "a documentation address (RFC 5737)"),
        ("192.88.99.0/24", "an address of the retired 6to4 relays (RFC 7526)"),
        ("192.168.0.0/16", "a private address (RFC 1918)"),
        ("198.18.0.0/15", "an address for benchmarks (RFC 2544)"),
        ("198.51.100.0/24", "a documentation address (RFC 5737)"),
        ("203.0.113.0/24", "a documentation address (RFC 5737)"),
        ("224.0.0.0/4", "a multicast address"),
        ("255.255.255.255/32", "the broadcast address"),
        ("240.0.0.0/4", "a reserved address"),
        ("::/128", "the unspecified address"),
        ("::1/128", "a loopback address"),
        ("64:ff9b:1::/48", "an address of local NAT64 (RFC 8215)"),
        ("100::/64", "a discard address (RFC 6666)"),
        ("2001::/32", "a Teredo address (RFC 4380)"),
        ("2001:db8::/32", "a documentation address (RFC 3849)"),
        ("3ffe::/16", "an address of the 6bone, which was given back (RFC 3701)"),
        ("3fff::/20", "a documentation address (RFC 9637)"),
        ("fc00::/7", "a private address (RFC 4193)"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a site-local address (RFC 3879)"),
        ("ff00::/8", "a multicast address"),
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


def why_not_dialable(ip: IPAddress) -> str | None:
    """A clause that completes "it is …" for an address outside the public Internet; None when the
    address is global. IPv4 inside IPv6 (mapped, NAT64, 6to4, ISATAP) is judged by the IPv4 address, too."""
    if ip in _CLOUD_METADATA:
        return "an address where clouds serve machine credentials"
    for network, clause in _RANGES:
        if ip.version == network.version and ip in network:
            return clause
    return _why_not_v6(ip) if isinstance(ip, IPv6Address) else _why_not_registered(ip)


def is_private(ip: IPAddress) -> bool:
    """Whether the address is of private or shared space, which each network has for itself."""
    return any(ip.version == network.version and ip in network for network in _PRIVATE)


def nat64_inner(ip: IPAddress) -> IPv4Address | None:
    """The IPv4 address for which a resolver made this one (DNS64, RFC 6147) under the well-known prefix of
    RFC 6052 or the local-use one of RFC 8215; None for any other address."""
    if isinstance(ip, IPv6Address) and (ip in _NAT64 or ip in _LOCAL_NAT64):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


def why_no_host(ip: IPAddress) -> str | None:
    """A clause that completes "it is …" for an address that is none of a single host, in any network:
    what is allowed to be private may not be that. Linux takes 0.0.0.0 for itself."""
    if ip.is_unspecified or ip.is_multicast or ip == _BROADCAST:
        return why_not_dialable(ip)
    return None


def _why_not_v6(ip: IPv6Address) -> str | None:
    if ip.ipv4_mapped is not None:
        return _wrapping(ip.ipv4_mapped, "an IPv4-mapped address") or "an IPv4-mapped address (RFC 4291)"
    if ip in _NAT64:
        return _wrapping(IPv4Address(int(ip) & 0xFFFFFFFF), "a NAT64 address")
    if ip.sixtofour is not None:
        return _wrapping(ip.sixtofour, "a 6to4 address")
    if ip not in _GLOBAL_UNICAST:
        return "outside the global unicast range of IPv6"
    if (int(ip) >> 32) & _ISATAP_BITS == _ISATAP and (
        inside := _wrapping(IPv4Address(int(ip) & 0xFFFFFFFF), "an ISATAP address")
    ):
        return inside
    return _why_not_registered(ip)


def _wrapping(inner: IPv4Address, outer: str) -> str | None:
    clause = why_not_dialable(inner)
    return f"{outer} around {inner}, {clause}" if clause else None


def _why_not_registered(ip: IPAddress) -> str | None:
    """What the standard library's copy of the registries adds to the ranges above."""
    return None if ip.is_global else "not a global address"
