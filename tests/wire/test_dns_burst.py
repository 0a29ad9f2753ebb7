"""Queries that are sent together arrive as if each was sent by itself."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import pytest

from probe.net.dns_burst import BurstSender

WIRES = [bytes((number,)) * length for number, length in enumerate((30, 30, 30, 31, 45, 45, 282))]


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        sender.connect(receiver.getsockname())
        sender.setblocking(False)
        yield sender, receiver


@pytest.mark.parametrize("together", [True, False])
def test_each_arrives_in_its_place(sockets: tuple[socket.socket, socket.socket], together: bool) -> None:
    sender, receiver = sockets
    assert BurstSender(sender).send(WIRES, together=together) == len(WIRES)
    assert [receiver.recv(4096) for _ in WIRES] == WIRES


def test_sixty_four_of_the_longest_query_go_together(sockets: tuple[socket.socket, socket.socket]) -> None:
    sender, receiver = sockets
    assert BurstSender(sender).send(64 * WIRES[-1:], together=True) == 64
    assert [receiver.recv(4096) for _ in range(64)] == 64 * WIRES[-1:]


class Udp:
    """A socket that notes what is sent over it: alone with its length, together with the length of one and of
    all. `room` is how many datagrams it takes."""

    def __init__(self, *, knows: bool = True, fault: int = 0, room: int = 100) -> None:
        self.knows = knows
        self.fault = fault
        self.room = room
        self.sent: list[int | tuple[int, int]] = []
        self.attempts = 0

    def getsockopt(self, level: int, option: int) -> int:
        if not self.knows:
            raise OSError(errno.ENOPROTOOPT, "not available")
        return 0

    def send(self, wire: bytes) -> None:
        if not self.room:
            raise BlockingIOError
        self.room -= 1
        self.sent.append(len(wire))

    def sendmsg(self, buffers: tuple[bytes], ancillary: tuple[tuple[int, int, bytes]]) -> None:
        self.attempts += 1
        if self.fault:
            raise OSError(self.fault, "fault")
        size = int.from_bytes(ancillary[0][2], "little")
        count = len(buffers[0]) // size
        if count > self.room:
            raise BlockingIOError
        self.room -= count
        self.sent.append((size, len(buffers[0])))


def _send(udp: Udp, *, together: bool = True) -> int:
    sender = BurstSender(udp)  # type: ignore[arg-type]
    return sender.send(WIRES, together=together)


LINUX = pytest.mark.skipif("sys.platform != 'linux'", reason="only Linux takes datagrams together")


@LINUX
def test_those_of_equal_length_go_together() -> None:
    udp = Udp()
    assert _send(udp) == len(WIRES)
    assert udp.sent == [(30, 90), 31, (45, 90), 282]


@pytest.mark.parametrize("udp", [Udp(knows=False), Udp(fault=errno.EIO)], ids=["old kernel", "no checksums"])
def test_where_the_kernel_cannot_each_goes_alone(udp: Udp) -> None:
    assert _send(udp) == len(WIRES)
    assert udp.sent == [len(wire) for wire in WIRES]
    assert udp.attempts <= 1


def test_none_goes_together_unless_asked_for() -> None:
    udp = Udp()
    assert _send(udp, together=False) == len(WIRES)
    assert udp.sent == [len(wire) for wire in WIRES]


@LINUX
@pytest.mark.parametrize(("room", "sent"), [(0, 0), (2, 0), (3, 3), (4, 4), (5, 4), (6, 6), (7, 7)])
def test_what_there_is_no_room_for_is_not_counted(room: int, sent: int) -> None:
    assert _send(Udp(room=room)) == sent
    assert _send(Udp(room=room), together=False) == room


def test_what_the_network_reports_is_raised() -> None:
    class Unreachable(Udp):
        def send(self, wire: bytes) -> None:
            raise OSError(errno.ENETUNREACH, "unreachable")

    with pytest.raises(OSError, match="unreachable"):
        _send(Unreachable(fault=errno.ENETUNREACH))


@LINUX
def test_that_an_earlier_datagram_was_refused_says_nothing_of_the_kernel() -> None:
    udp = Udp(fault=errno.ECONNREFUSED)
    sender = BurstSender(udp)  # type: ignore[arg-type]
    with pytest.raises(ConnectionRefusedError):
        sender.send(WIRES, together=True)
    udp.fault = 0
    assert sender.send(WIRES, together=True) == len(WIRES)
    assert udp.sent == [(30, 90), 31, (45, 90), 282]
