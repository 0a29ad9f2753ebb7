"""The sender of the ICMP message that reported a host as unreachable, from the error queue of Linux.

Since Linux 5.9 a TCP socket with IP_RECVERR queues the ICMP message that ended its connection attempt, with
the router or firewall that sent it (ip(7), ipv6(7)). On other systems, and without a message, the sender is
not known.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from ipaddress import IPv4Address, IPv6Address

from probe.model.address import IPAddress

# linux/in.h, linux/in6.h, linux/socket.h: Python does not name them
_QUEUES = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
_ERROR_QUEUE = 0x2000
_EXTENDED = struct.Struct("=IBBBBII")  # struct sock_extended_err: errno, origin, type, code, pad, info, data
_FROM_ICMP = (2, 3)


class ReportedError(OSError):
    """A connection attempt that an ICMP message ended; `reporter` sent it."""

    reporter: IPAddress


def watch(connection: socket.socket, *, on: bool = True) -> None:
    """Turn the queue of ICMP messages for this socket on or off; once connected, TCP treats them as advice
    (RFC 1122 section 4.2.3.9)."""
    queue = _QUEUES.get(connection.family)
    if queue is not None and sys.platform == "linux":
        with contextlib.suppress(OSError):
            connection.setsockopt(*queue, int(on))


def reported(connection: socket.socket, error: OSError) -> OSError:
    """The error with its reporter; unchanged if there is none."""
    try:
        _, ancillary, _, _ = connection.recvmsg(64, 512, _ERROR_QUEUE)
    except (OSError, AttributeError):
        return error
    queue = _QUEUES.get(connection.family)
    for level, kind, data in ancillary:
        reporter = _reporter(data) if (level, kind) == queue else None
        if reporter is not None:
            with_reporter = ReportedError(error.errno, error.strerror)
            with_reporter.reporter = reporter
            return with_reporter
    return error


def _reporter(data: bytes) -> IPAddress | None:
    """The address behind the extended error: a sockaddr (port left out) of either family."""
    if len(data) < _EXTENDED.size + 8 or _EXTENDED.unpack_from(data)[1] not in _FROM_ICMP:
        return None
    address = data[_EXTENDED.size :]
    (family,) = struct.unpack_from("=H", address)
    if family == socket.AF_INET:
        return IPv4Address(address[4:8])
    if family == socket.AF_INET6 and len(address) >= 24:
        return IPv6Address(address[8:24])
    return None
