"""The stub resolver of systemd-resolved, and the name servers that it asks.

The stub answers questions about its own machine by itself: it gives the reverse name of a local address
where DNS says NXDOMAIN, and all local addresses for that name, with AA and AD set and a TTL of 0
(systemd-resolved.service(8), "Synthetic records"). What it asks stands in a file beside its own.
"""

from __future__ import annotations

from pathlib import Path

from probe.model.target import DNS_PORT, Endpoint
from probe.net.resolv_conf import read

STUBS = ("127.0.0.53", "127.0.0.54")
UPSTREAM = Path("/run/systemd/resolve/resolv.conf")
_MOST = 8  # servers; the file is written for programs that read three


def servers_behind(nameservers: tuple[Endpoint, ...], file: Path = UPSTREAM) -> tuple[Endpoint, ...]:
    """The servers behind the stub, when it is among `nameservers`; none where it is not, or where the
    file that names them cannot be read."""
    if not any(server.host in STUBS and server.port == DNS_PORT for server in nameservers):
        return ()
    servers = read(file, most=_MOST).servers
    return tuple(server for server in servers if server not in nameservers and server.host not in STUBS)
