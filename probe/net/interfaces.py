"""The addresses that this machine has. Nothing is sent to the network: the kernel is asked (rtnetlink)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

from probe.model.address import IPAddress
from probe.settings import OWN_ADDRESSES_LIMIT

# linux/rtnetlink.h, linux/netlink.h, linux/if_addr.h
_GET_ADDRESSES, _NEW_ADDRESS, _NLMSG_DONE, _ERROR = 22, 20, 3, 2
_REQUEST, _DUMP = 0x1, 0x300
_UNIVERSE = 0  # scope: valid beyond this link
_UNUSABLE = 0x08 | 0x20 | 0x40  # duplicate, deprecated, tentative (RFC 4862)
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_HEADER, _ABOUT = struct.Struct("=IHHII"), struct.Struct("=BBBBI")
_ATTRIBUTE = struct.Struct("=HH")
_BUFFER = 1 << 16
_MESSAGES = 1000  # more than any mail server has


def own_addresses() -> tuple[IPAddress, ...]:
    """The non-link-local addresses of this machine, IPv4 first; empty if the kernel cannot be asked."""
    if not hasattr(socket, "AF_NETLINK"):
        return ()
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
            kernel.settimeout(1.0)
            about = _ABOUT.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
            kernel.send(
                _HEADER.pack(_HEADER.size + len(about), _GET_ADDRESSES, _REQUEST | _DUMP, 1, 0) + about
            )
            addresses = dict.fromkeys(_answers(kernel))
    except OSError:
        return ()
    return tuple(sorted(addresses, key=lambda ip: ip.version))[:OWN_ADDRESSES_LIMIT]


def _answers(kernel: socket.socket) -> Iterator[IPAddress]:
    for _ in range(_MESSAGES):
        data = kernel.recv(_BUFFER)
        while len(data) >= _HEADER.size:
            size, kind, *_ = _HEADER.unpack_from(data)
            if kind in (_NLMSG_DONE, _ERROR) or size < _HEADER.size:
                return
            if kind == _NEW_ADDRESS:
                yield from _address(data[_HEADER.size : size])
            data = data[_aligned(size) :]


def _address(message: bytes) -> Iterator[IPAddress]:
    if len(message) < _ABOUT.size:
        return
    family, _, flags, scope, _ = _ABOUT.unpack_from(message)
    if scope != _UNIVERSE or flags & _UNUSABLE:
        return
    values: dict[int, bytes] = {}
    rest = message[_ABOUT.size :]
    while len(rest) >= _ATTRIBUTE.size:
        size, kind = _ATTRIBUTE.unpack_from(rest)
        if size < _ATTRIBUTE.size:
            break
        values[kind] = rest[_ATTRIBUTE.size : size]
        rest = rest[_aligned(size) :]
    octets = values.get(_IFA_LOCAL) or values.get(_IFA_ADDRESS, b"")  # ADDRESS may be the peer's
    if family == socket.AF_INET and len(octets) == 4:
        yield IPv4Address(octets)
    elif family == socket.AF_INET6 and len(octets) == 16:
        yield IPv6Address(octets)


def _aligned(size: int) -> int:
    return (size + 3) & ~3
