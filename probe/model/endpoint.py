"""A host and a port."""

from __future__ import annotations

from dataclasses import dataclass

DNS_PORT = 53  # RFC 1035 section 4.2


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host (name or address literal) and a port."""

    host: str
    port: int
