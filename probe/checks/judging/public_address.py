"""Whether an address of the run is one that the Internet can reach."""

from __future__ import annotations

from ipaddress import ip_network

from probe.facts.model import Facts
from probe.model.address import IPAddress
from probe.model.dialable import NotPublic, why_not_dialable

# The ranges that redaction uses in place of public addresses (RFC 5737, RFC 3849, and 240/4 when those run
# out).
_PSEUDONYMS = tuple(
    ip_network(text)
    for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "2001:db8::/32")
)


def why_not_public(facts: Facts, ip: IPAddress) -> NotPublic | None:
    """None for a public address, and for the pseudonym of one."""
    if facts.redacted and any(ip in network for network in _PSEUDONYMS if network.version == ip.version):
        return None
    return why_not_dialable(ip)
