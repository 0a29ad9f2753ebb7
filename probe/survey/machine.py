"""What is asked to learn whether blocklists can be read through a resolver."""

from __future__ import annotations

from ipaddress import IPv4Address

from probe.model.listing import ListingRole
from probe.standards.dns.message import Resolution
from probe.standards.dnsbl.blocklist import BlockList
from probe.standards.dnsbl.query import look_up
from probe.standards.dnsbl.results import Listing

TEST_ENTRY = IPv4Address("127.0.0.2")  # RFC 5782 section 5: every list of IPv4 addresses holds it


def list_questions(lists: tuple[BlockList, ...]) -> Resolution[tuple[Listing, ...]]:
    """The test entry of each list, looked up as any other address."""
    return (yield from look_up(TEST_ENTRY, ListingRole.SOURCE, lists))
