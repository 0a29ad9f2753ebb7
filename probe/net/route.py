"""This host's own name and addresses. Nothing is sent."""

from __future__ import annotations

import errno
import socket

from probe.model.address import IPAddress
from probe.model.address_parse import parse_ip


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
    """Whether a connection from here could have this address as its own. False only when the system
    says that it is not configured; nothing is sent."""
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as udp:
            udp.bind((str(ip), 0))
    except OSError as error:
        return error.errno != errno.EADDRNOTAVAIL
    return True


def full_host_name() -> str:
    """The host's name as it is set here, lower case; DNS is not asked."""
    return socket.gethostname().lower().rstrip(".")
