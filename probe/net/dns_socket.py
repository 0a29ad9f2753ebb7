"""A UDP socket to one name server. It is connected: the kernel drops datagrams from another address or port,
and chooses a random port for it (RFC 5452)."""

from __future__ import annotations

import contextlib
import socket
from ipaddress import ip_address

from probe.model.target import Endpoint
from probe.net.resolv_conf import interface_index

_BUFFER = 1 << 20  # octets requested for the receive buffer; the kernel may give less


def socket_address(
    server: Endpoint,
) -> tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]:
    """Family and address of a server for the socket layer, where the interface of a link-local address is a
    separate number. Raises OSError if this machine has no such interface."""
    host, percent, interface = server.host.partition("%")
    if ip_address(host).version == 4:
        return socket.AF_INET, (host, server.port)
    return socket.AF_INET6, (host, server.port, 0, interface_index(interface) if percent else 0)


def open_socket(server: Endpoint) -> socket.socket:
    """A socket on a random local port, connected to `server`, that never blocks. Raises OSError."""
    family, address = socket_address(server)
    with contextlib.ExitStack() as stack:
        result = stack.enter_context(socket.socket(family, socket.SOCK_DGRAM))
        result.setblocking(False)
        with contextlib.suppress(OSError):
            result.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        result.connect(address)
        stack.pop_all()
    return result
