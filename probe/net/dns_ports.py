"""The sockets of the DNS engine: several connected sockets for each name server, each used for a few seconds.

The kernel drops datagrams from another address or port, and chooses a random local port (RFC 5452 section
4.5).
"""

from __future__ import annotations

import asyncio
import math
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
from probe.settings import DNS_SOCKET_AGE, ENGINE_BURST, ENGINE_SOCKETS, ENGINE_VAIN
from probe.standards.dns.message import Answer, Question

_DATAGRAM = 4096  # octets; EDNS allows at most 1232; longer replies are read elsewhere


class Waiting(Protocol):
    """Who waits for responses."""

    def fill_in(self, place: int, response: Response) -> None:
        """Receive the response to the question that was asked for `place`."""


class NameServer:
    """A name server, its sockets, when it last answered a question, and how many it then left without an
    answer."""

    __slots__ = ("address", "answered_at", "endpoint", "ports", "vain")

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.address = endpoint.as_name_server
        self.ports: list[Port] = []
        self.answered_at = -math.inf
        self.vain = 0


class OpenQuestion:
    """A question without a response. `section` is its question section (RFC 1035 section 4.1.2), `takers` who
    waits for the response and for which place, `tries` how often it was asked, `began` when it was first,
    `sent` when it was last, `places` the sockets and ids under which a reply is expected; `servers` the
    name servers that were asked since all had been, `failures` the addresses of those that refused or failed,
    each as often as it did, and `failure` the first answer of these that tells most; `edns`: to be asked with
    EDNS."""

    __slots__ = (
        "began",
        "edns",
        "failure",
        "failures",
        "places",
        "question",
        "section",
        "sent",
        "servers",
        "takers",
        "tries",
    )

    def __init__(self, question: Question, section: bytes, taker: tuple[Waiting, int]) -> None:
        self.question = question
        self.section = section
        self.takers = [taker]
        self.tries = 0
        self.began = self.sent = 0.0
        self.places: tuple[tuple[Port, bytes], ...] = ()
        self.servers: tuple[NameServer, ...] = ()
        self.failures: tuple[str, ...] = ()
        self.failure: Answer | None = None
        self.edns = True


class Port:
    """One socket to a name server, and the questions that are under way on it by their id. `on_wires`
    receives the datagrams of one turn of the loop; `unreachable` is called if the network reports that none
    will come."""

    def __init__(
        self,
        server: NameServer,
        on_wires: Callable[[Port, list[bytes]], None],
        unreachable: Callable[[Port], None],
    ) -> None:
        """Raises OSError when no socket can be opened."""
        self.by_id: dict[bytes, OpenQuestion] = {}
        self.server = server
        self._on_wires = on_wires
        self._unreachable = unreachable
        self._loop = asyncio.get_running_loop()
        self.opened_at = self._loop.time()
        self._socket = connected_socket(server.endpoint, self._read)
        self._sender = BurstSender(self._socket)

    def ask(self, questions: list[OpenQuestion], now: float, *, together: bool) -> list[bytes]:
        """Send these questions, `together` as `BurstSender.send`, and expect their replies here. Returns the
        ids of those that the kernel has room for now, in the same order: from the system's source of random
        numbers, and no other question has them. Raises OSError."""
        by_id = self.by_id
        this = (self.server,)
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
            question.servers = question.servers + this if question.servers else this
            if not question.tries:
                question.began = now
            question.sent = now
            question.tries += 1
            ids.append(ident)
            wires.append(ident + behind_id(question.section, edns=question.edns))
        # as close together as can be: a name server that went to sleep in between costs both sides more
        sent = self._sender.send(wires, together=together)
        for question in questions[sent:]:
            *places, (_, ident) = question.places
            question.places = tuple(places)
            question.servers = question.servers[:-1]
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
    """The name servers and their sockets, which are opened on demand. A name server that has left
    ENGINE_VAIN questions in a row without an answer is put aside until it answers one, or all are."""

    def __init__(
        self,
        servers: tuple[Endpoint, ...],
        on_wires: Callable[[Port, list[bytes]], None],
        unreachable: Callable[[Port], None],
    ) -> None:
        self._servers = self._in_use = tuple(map(NameServer, servers))
        self._on_wires = on_wires
        self._unreachable = unreachable
        self._old_ports: list[Port] = []
        self._turn = 0

    @property
    def addresses(self) -> frozenset[str]:
        """Of all name servers."""
        return frozenset(it.address for it in self._servers)

    @property
    def is_one(self) -> bool:
        """Whether only one name server is not put aside."""
        return len(self._in_use) == 1

    @property
    def first(self) -> NameServer:
        """The name server to ask first."""
        return self._in_use[0]

    def next(self, beside: tuple[NameServer, ...]) -> NameServer | None:
        """The first that is not among these; None if all that are not put aside are."""
        return next((it for it in self._in_use if it not in beside), None)

    def note_answer(self, server: NameServer, now: float) -> None:
        """This name server answered a question."""
        server.answered_at = now
        was_aside = server.vain >= ENGINE_VAIN
        server.vain = 0
        if was_aside:
            self._choose()

    def note_failure(self, server: NameServer, sent: float) -> None:
        """This name server gave no answer to a question that was sent then. It counts only if it has answered
        no other one since."""
        if server.answered_at < sent:
            server.vain += 1
            if server.vain == ENGINE_VAIN:
                self._choose()

    def _choose(self) -> None:
        self._in_use = tuple(it for it in self._servers if it.vain < ENGINE_VAIN)
        if not self._in_use:
            self._in_use = self._servers
            for server in self._servers:
                server.vain = 0

    def port(self, server: NameServer) -> Port | None:
        """A socket to this name server; None if none can be opened."""
        ports = server.ports
        if len(ports) < ENGINE_SOCKETS:
            try:
                ports.append(Port(server, self._on_wires, self._unreachable))
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
        for server in self._servers:
            ports = server.ports
            if ports and ports[0].opened_at + DNS_SOCKET_AGE < asyncio.get_running_loop().time():
                self._old_ports.append(ports.pop(0))
        for port in tuple(self._old_ports):
            if not port.by_id:
                self._old_ports.remove(port)
                port.close()

    def close(self) -> None:
        """Close all."""
        for port in (*self._old_ports, *(port for server in self._servers for port in server.ports)):
            port.close()
        for server in self._servers:
            server.ports.clear()
        self._old_ports.clear()
