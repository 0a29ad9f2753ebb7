"""A host and a port."""

from __future__ import annotations

from probe._dataclass import dataclass

DNS_PORT = 53  # RFC 1035 section 4.2


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host (name or address literal) and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        """As options take it: an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def as_name_server(self) -> str:
        """A name server in words, and as `Provenance.server` has it: its port only where it is not the usual
        one."""
        return self.host if self.port == DNS_PORT else str(self)
