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


def absent_names(text: str) -> frozenset[str]:
    """The names in lower case, without a final dot."""
    lower = text.lower()
    if not any(map(lower.__contains__, _OF_ABSENCE)):
        return frozenset()
    return frozenset([name.lower().rstrip(".") for names in _ABSENT.findall(text) for name in names if name])


def absent_next_hop(text: str, domain: str) -> str:
    """The host, other than the recipient's `domain`, that Postfix is set up to hand mail to (`relayhost`,
    `transport_maps`) and that DNS does not know; empty if the words tell of none."""
    match = _NEXT_HOP.search(text)
    name = match[1].lower().rstrip(".") if match is not None else ""
    return name if domain.isascii() and name != domain.lower().rstrip(".") else ""
