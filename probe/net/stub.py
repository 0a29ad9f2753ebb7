"""The stub resolver of systemd-resolved, and the name servers that it asks.

The stub itself answers questions about its own machine: it gives the reverse name of a local address if DNS
says NXDOMAIN, and all local addresses for that name, with AA and AD set and a TTL of 0
(systemd-resolved.service(8), "Synthetic records"). Its own name servers are in another file.
"""

from __future__ import annotations

from pathlib import Path

from probe.model.target import DNS_PORT, Endpoint
from probe.net.resolv_conf import read

STUBS = ("127.0.0.53", "127.0.0.54")
UPSTREAM = Path("/run/systemd/resolve/resolv.conf")
_MOST = 8  # servers; programs usually read three


def servers_behind(nameservers: tuple[Endpoint, ...], file: Path = UPSTREAM) -> tuple[Endpoint, ...]:
    """The servers that the stub uses, if it is among `nameservers`; empty if it is not, or if the file that
    names them cannot be read."""
    if not any(server.host in STUBS and server.port == DNS_PORT for server in nameservers):
        return ()
    servers = read(file, most=_MOST).servers
    return tuple(server for server in servers if server not in nameservers and server.host not in STUBS)
