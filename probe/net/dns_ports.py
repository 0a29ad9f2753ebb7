"""The sockets of the DNS engine: several connected sockets for each name server, each used for a few seconds.

The kernel drops datagrams from another address or port, and chooses a random local port (RFC 5452 section
4.5).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from os import urandom
from struct import iter_unpack
from typing import Protocol

from probe.model.exhaustion import shortage
from probe.model.target import Endpoint
from probe.net.dns_burst import BurstSender
from probe.net.dns_query import behind_id
from probe.net.dns_response import Response
from probe.net.dns_udp import connected_socket
from probe.settings import DNS_SOCKET_AGE, ENGINE_BURST, ENGINE_SOCKETS
from probe.standards.dns.message import Question

_DATAGRAM = 4096  # octets; EDNS allows at most 1232; longer replies are read elsewhere


class Waiting(Protocol):
    """Who waits for responses."""

    def fill_in(self, place: int, response: Response) -> None:
        """Receive the response to the question that was asked for `place`."""


class OpenQuestion:
    """A question without a response. `section` is its question section (RFC 1035 section 4.1.2), `takers` who
    waits for the response and for which place, `tries` how often it was asked, `began` when it was first,
    `sent` when it was last, `places` the sockets and ids under which a reply is expected; `was_refused`: a
    name server answered REFUSED, perhaps because it had too many questions."""

    __slots__ = ("began", "places", "question", "section", "sent", "takers", "tries", "was_refused")

    def __init__(self, question: Question, section: bytes, taker: tuple[Waiting, int]) -> None:
        self.question = question
        self.section = section
        self.takers = [taker]
        self.tries = 0
        self.began = self.sent = 0.0
        self.places: tuple[tuple[Port, bytes], ...] = ()
        self.was_refused = False


class Port:
    """One socket to a name server, and the questions that are under way on it by their id. `on_wires`
    receives the datagrams of one turn of the loop; `unreachable` is called if the network reports that none
    will come."""

    def __init__(
        self,
        server: Endpoint,
        on_wires: Callable[[Port, list[bytes]], None],
        unreachable: Callable[[Port], None],
    ) -> None:
        """Raises OSError when no socket can be opened."""
        self.by_id: dict[bytes, OpenQuestion] = {}
        self.server = server.as_name_server
        self._on_wires = on_wires
        self._unreachable = unreachable
        self._loop = asyncio.get_running_loop()
        self.opened_at = self._loop.time()
        self._socket = connected_socket(server, self._read)
        self._sender = BurstSender(self._socket)

    def ask(self, questions: list[OpenQuestion], now: float, *, together: bool) -> list[bytes]:
        """Send these questions, `together` as `BurstSender.send`, and expect their replies here. Returns the
        ids of those that the kernel has room for now, in the same order: from the system's source of random
        numbers, and no other question has them. Raises OSError."""
        by_id = self.by_id
        ids = []
        wires = []
        for (octets,), question in zip(
            iter_unpack("2s", urandom(2 * len(questions))), questions, strict=True
        ):
            ident = octets
            while ident in by_id:
                ident = urandom(2)
            by_id[ident] = question
            question.places += ((self, ident),)
            if not question.tries:
                question.began = now
            question.sent = now
            question.tries += 1
            ids.append(ident)
            wires.append(ident + behind_id(question.section, edns=True))
        # as close together as can be: a name server that went to sleep in between costs both sides more
        sent = self._sender.send(wires, together=together)
        for question in questions[sent:]:
            *places, (_, ident) = question.places
            question.places = tuple(places)
            question.tries -= 1
            del by_id[ident]
        return ids[:sent]

    def close(self) -> None:
        """Close it."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _read(self) -> None:
        wires: list[bytes] = []
        receive = self._socket.recv
        try:
            while len(wires) < ENGINE_BURST:
                wires.append(receive(_DATAGRAM))
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as error:
            if shortage(error) is None:
                self._unreachable(self)
        if wires:
            self._on_wires(self, wires)


class Ports:
    """The sockets to all name servers, opened on demand."""

    def __init__(
        self,
        servers: tuple[Endpoint, ...],
        on_wires: Callable[[Port, list[bytes]], None],
        unreachable: Callable[[Port], None],
    ) -> None:
        self._servers = servers
        self._on_wires = on_wires
        self._unreachable = unreachable
        self._open: tuple[list[Port], ...] = tuple([] for _ in servers)
        self._old_ports: list[Port] = []
        self._turn = 0

    def next(self, tries: int) -> Port | None:
        """A socket to the name server for that number of the attempt; None if none can be opened."""
        number = tries % len(self._servers)
        ports = self._open[number]
        if len(ports) < ENGINE_SOCKETS:
            try:
                ports.append(Port(self._servers[number], self._on_wires, self._unreachable))
            except OSError:
                if not ports:
                    return None
            else:
                return ports[-1]
        self._turn += 1
        return ports[self._turn % len(ports)]

    def renew(self) -> None:
        """Retire the oldest socket of each name server if it has been open long enough, and close retired
        sockets without open questions."""
        for ports in self._open:
            if ports and ports[0].opened_at + DNS_SOCKET_AGE < asyncio.get_running_loop().time():
                self._old_ports.append(ports.pop(0))
        for port in tuple(self._old_ports):
            if not port.by_id:
                self._old_ports.remove(port)
                port.close()

    def close(self) -> None:
        """Close all."""
        for port in (*self._old_ports, *(port for ports in self._open for port in ports)):
            port.close()
        for ports in self._open:
            ports.clear()
        self._old_ports.clear()
