"""Who sent the ICMP message that ended a connection attempt, as the kernel keeps it."""

from __future__ import annotations

import socket
import struct
from ipaddress import ip_address
from typing import Any, cast

import pytest

from probe.model.observed import EndCause
from probe.model.session import EndReason
from probe.net.icmp import ReportedError, reported
from probe.net.smtp import connect_error

NO_WAY = OSError(113, "No route to host")
HEAD = struct.pack("=IBBBBII", 113, 2, 3, 13, 0, 0, 0)
HEAD_6 = struct.pack("=IBBBBII", 113, 3, 1, 1, 0, 0, 0)
GATEWAY, GATEWAY_6 = ip_address("10.0.0.1"), ip_address("fe80::1")
OFFENDER = struct.pack("=HH", socket.AF_INET, 0) + GATEWAY.packed + bytes(8)
OFFENDER_6 = struct.pack("=HHI", socket.AF_INET6, 0, 0) + GATEWAY_6.packed + bytes(4)


class Kept:
    """A socket with one message in its error queue."""

    def __init__(self, family: int, level: int, kind: int, data: bytes) -> None:
        self.family = family
        self._ancillary = [(level, kind, data)]

    def recvmsg(self, *_: int) -> tuple[bytes, list[tuple[int, int, bytes]], int, None]:
        return b"", self._ancillary, 0, None


def outcome(*rest: Any) -> OSError:
    return reported(cast(socket.socket, Kept(*rest)), NO_WAY)


@pytest.mark.parametrize(
    ("rest", "sender"),
    [
        ((socket.AF_INET, socket.IPPROTO_IP, 11, HEAD + OFFENDER), GATEWAY),
        ((socket.AF_INET6, socket.IPPROTO_IPV6, 25, HEAD_6 + OFFENDER_6), GATEWAY_6),
    ],
)
def test_the_sender_is_named(rest: Any, sender: Any) -> None:
    error = outcome(*rest)
    assert isinstance(error, ReportedError)
    assert (error.reporter, error.errno, error.strerror) == (sender, 113, "No route to host")


@pytest.mark.parametrize(
    "rest",
    [
        (socket.AF_INET, socket.IPPROTO_IP, 11, b""),
        (socket.AF_INET, socket.IPPROTO_IP, 11, HEAD),
        (socket.AF_INET, socket.IPPROTO_IP, 8, HEAD + OFFENDER),
        (socket.AF_INET, socket.IPPROTO_IP, 11, struct.pack("=IBBBBII", 113, 1, 0, 0, 0, 0, 0) + OFFENDER),
        (socket.AF_INET6, socket.IPPROTO_IPV6, 25, HEAD_6 + OFFENDER_6[:12]),
        (socket.AF_INET, socket.IPPROTO_IP, 11, HEAD + struct.pack("=HH", 99, 0) + bytes(12)),
    ],
)
def test_an_icmp_message_without_a_sender_does_not_change_the_error(rest: Any) -> None:
    assert outcome(*rest) is NO_WAY


def test_a_sender_that_is_no_gateway_of_this_machine_is_somebody_on_the_way() -> None:
    error = ReportedError(113, "No route to host")
    error.reporter = ip_address("192.0.2.250")
    ended = connect_error(error, ip_address("192.0.2.1"))
    assert ended.reason is EndReason.UNREACHABLE
    assert ended.cause is not None
    assert (ended.cause.tag, ended.cause.ip, ended.cause.error) == (
        EndCause.ICMP,
        error.reporter,
        "EHOSTUNREACH",
    )
