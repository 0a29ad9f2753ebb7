"""Which host a mail program's own words say that DNS does not know."""

from __future__ import annotations

import re

from probe._regex import regex

# How Postfix, Sendmail, Go programs and dma name the host that DNS says does not exist
_ABSENT = regex(
    r"name service error for name=([^\s=]{1,255}) type=|name server: ([^\s:]{1,255}): host not found"
    r"|\blookup (?:of )?([^\s:]{1,255}) (?:on \S{1,80}: no such host|responded with code nxdomain)"
    r"|\bhost ([^\s:]{1,255}) not found",
    re.IGNORECASE,
)
# Postfix asks for MX records of the recipient's domain only, or of the host that it is told to hand mail to
_NEXT_HOP = regex(r"name service error for name=([^\s=]{1,255}) type=(?:mx|srv)\b", re.IGNORECASE)
_OF_ABSENCE = ("name service error", "name server:", "lookup", "not found")


def is_another_host_absent(text: str, domain: str) -> bool:
    """Whether the words name hosts that DNS does not know, and the recipient's `domain` is none of them. Of a
    domain that is not ASCII it cannot be told: the words may have it in Punycode."""
    if not domain.isascii() or (text.isascii() and not any(map(text.lower().__contains__, _OF_ABSENCE))):
        return False
    absent = {
        _plain(name) for names in _ABSENT.findall(text) for name in names if name.strip(".")
    }  # "." is a null MX
    return bool(absent) and _plain(domain) not in absent


def absent_next_hop(text: str, domain: str) -> str:
    """The host, other than the recipient's `domain`, that Postfix is set up to hand mail to (`relayhost`,
    `transport_maps`) and that DNS does not know; empty if the words tell of none."""
    match = _NEXT_HOP.search(text)
    name = _plain(match[1]) if match is not None else ""
    return name if domain.isascii() and name != _plain(domain) else ""


def _plain(name: str) -> str:
    return name.lower().rstrip(".")
