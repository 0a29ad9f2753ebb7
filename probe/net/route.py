"""This host's own name and addresses. Nothing is sent."""

from __future__ import annotations

import errno
import socket
import sys
from pathlib import Path

from probe.model.address import IPAddress
from probe.model.address_parse import parse_ip

_IPV4_ROUTES, _IPV6_ROUTES = Path("/proc/net/route"), Path("/proc/net/ipv6_route")


def local_address_towards(ip: IPAddress) -> IPAddress | None:
    """The address that the system would connect from to reach `ip`; None when there is no route.

    A connected UDP socket makes the kernel choose a route without sending a packet.
    """
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as udp:
            udp.connect((str(ip), 9))
            return parse_ip(udp.getsockname()[0])
    except OSError:
        return None


def is_own_address(ip: IPAddress) -> bool:
    """Whether a connection from here could have this local address. False only if the system says that it is
    not configured; nothing is sent."""
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as udp:
            udp.bind((str(ip), 0))
    except OSError as error:
        return error.errno != errno.EADDRNOTAVAIL
    return True


def is_gateway(ip: IPAddress) -> bool:
    """Whether this machine sends packets by way of `ip`, by its routing table (Linux); False if that cannot
    be read."""
    try:
        if ip.version == 4:
            rows = (line.split() for line in _IPV4_ROUTES.read_text("ascii").splitlines()[1:])
            # network byte order, printed as a number of this machine
            return f"{int.from_bytes(ip.packed, sys.byteorder):08X}" in {
                row[2] for row in rows if len(row) > 2
            }
        rows = (line.split() for line in _IPV6_ROUTES.read_text("ascii").splitlines())
        return ip.packed.hex() in {row[4] for row in rows if len(row) > 4}
    except (OSError, UnicodeError):
        return False


def full_host_name() -> str:
    """The configured host name in lower case; DNS is not asked."""
    return socket.gethostname().lower().rstrip(".")
