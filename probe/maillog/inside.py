"""Addresses that have a meaning within one network alone."""

from __future__ import annotations

from ipaddress import ip_network

from probe.model.address import IPAddress

# Networks whose addresses are translated before they are seen outside (RFC 1918, RFC 6598, RFC 4193).
_INSIDE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)


def is_inside(address: IPAddress) -> bool:
    """Whether it is of such a network."""
    return any(address in it for it in _INSIDE)
