"""The stub resolver of systemd-resolved, and the name servers that it asks.

The stub answers questions about its own machine by itself: it gives the reverse name of a local address
where DNS says NXDOMAIN, and all local addresses for that name, with AA and AD set and a TTL of 0
(systemd-resolved.service(8), "Synthetic records"). What it asks stands in a file beside its own.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from probe.model.target import Endpoint

STUBS = ("127.0.0.53", "127.0.0.54")
UPSTREAM = Path("/run/systemd/resolve/resolv.conf")
_PORT = 53
_MOST = 8  # servers; the file is written for programs that read three
_SIZE = 65536  # octets of the file


def servers_behind(nameservers: tuple[Endpoint, ...], file: Path = UPSTREAM) -> tuple[Endpoint, ...]:
    """The servers behind the stub, when it is among `nameservers`; none where it is not, or where the
    file that names them cannot be read."""
    if not any(server.host in STUBS and server.port == _PORT for server in nameservers):
        return ()
    try:
        with file.open("rb") as source:
            text = source.read(_SIZE).decode("ascii", "replace")
    except OSError:
        return ()
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver" and _is_address(words[1]):
            found.append(Endpoint(words[1], _PORT))
    return tuple(server for server in dict.fromkeys(found) if server not in nameservers)[:_MOST]


def _is_address(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return str(address) not in STUBS
