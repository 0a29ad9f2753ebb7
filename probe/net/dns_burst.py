"""Sends many queries at once: those of equal length in one system call, where the kernel can.

Since 4.18, Linux takes datagrams of equal length together and takes them apart on their way out (udp(7),
UDP_SEGMENT). The same datagrams leave, at a seventh of the CPU time.
"""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Sequence
from itertools import groupby

_UDP_SEGMENT = 103  # linux/udp.h


class BurstSender:
    """Sends over `udp`, which is connected and never blocks."""

    def __init__(self, udp: socket.socket) -> None:
        self._udp = udp
        self._knows_segments = _knows_segments(udp)

    def send(self, wires: Sequence[bytes], *, together: bool) -> int:
        """Send at most 64 datagrams in their order, without `together` each by itself. Returns how many the
        kernel took; fewer if it has no more room now. Raises OSError."""
        sent = 0
        try:
            for _, group in groupby(wires, len):
                alike = list(group)
                if together and self._knows_segments and len(alike) > 1 and self._send_together(alike):
                    sent += len(alike)
                    continue
                for wire in alike:
                    self._udp.send(wire)
                    sent += 1
        except (BlockingIOError, InterruptedError):
            pass
        return sent

    def _send_together(self, wires: list[bytes]) -> bool:
        """Send datagrams of equal length. Returns False, once and for all, if that is not possible, as where
        the network card computes no checksums. Raises the OSErrors that do not say so."""
        size = struct.pack("@H", len(wires[0]))
        try:
            self._udp.sendmsg((b"".join(wires),), ((socket.IPPROTO_UDP, _UDP_SEGMENT, size),))
        except (BlockingIOError, InterruptedError, ConnectionRefusedError):  # the last: of earlier datagrams
            raise
        except OSError:
            self._knows_segments = False
        return self._knows_segments


def _knows_segments(udp: socket.socket) -> bool:
    """Whether the kernel knows the option. An older one would send all as one datagram."""
    if sys.platform != "linux":
        return False
    try:
        udp.getsockopt(socket.IPPROTO_UDP, _UDP_SEGMENT)
    except OSError:
        return False
    return True
