"""One question to one name server: UDP on a socket of its own, TCP when the server asks for it."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from ipaddress import ip_address

from probe.model.target import Endpoint
from probe.net.dns_wire import Reply, belongs, make_query, read_reply
from probe.net.resolv_conf import interface_index
from probe.standards.dns.message import Question, Status


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came of it: the reply, the number of queries that took, and whether the last one of them
    had EDNS."""

    reply: Reply
    queries: int
    edns: bool


async def exchange(
    server: Endpoint,
    question: Question,
    timeout: float,
    *,
    edns: bool | None = None,
    again: float = math.inf,
    tcp: bool = False,
) -> Exchange:
    """Ask `server` for `timeout` seconds altogether, with EDNS unless it is known not to speak it.

    The datagram is sent again every `again` seconds, and an answer to an earlier one still counts, so
    that a slow one is heard, too. Where `edns` is not known (None) the repetitions leave it out: some
    boxes on the way drop what they do not know. With `tcp` UDP is left out. What went wrong is a status of
    the reply; nothing is raised.
    """
    asking = _Asking(server, question, edns, again, tcp=tcp)
    try:
        async with asyncio.timeout(timeout):
            reply = await asking.reply()
    except TimeoutError:
        reply = Reply(Status.TIMEOUT, detail=asking.in_vain(f"no answer in {timeout:.1f} s"))
    except (OSError, asyncio.IncompleteReadError) as error:
        reply = Reply(Status.UNREACHABLE, detail=asking.in_vain(_reason(error)))
    return Exchange(reply, asking.queries, asking.edns)


def _reason(error: OSError | EOFError) -> str:
    if isinstance(error, EOFError):
        return "the connection was closed before the end of the answer"
    return (error.strerror or str(error) or type(error).__name__).lower()


def _place(server: Endpoint) -> tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]:
    """Family and address of a server for the socket layer, which takes the interface of a link-local address
    as a number of its own."""
    host, percent, interface = server.host.partition("%")
    if ip_address(host).version == 4:
        return socket.AF_INET, (host, server.port)
    return socket.AF_INET6, (host, server.port, 0, interface_index(interface) if percent else 0)


def _datagrams_to(server: Endpoint) -> socket.socket:
    """A socket that hears this server alone: the kernel drops what others send."""
    family, address = _place(server)
    with ExitStack() as stack:
        made = stack.enter_context(socket.socket(family, socket.SOCK_DGRAM))
        made.setblocking(False)
        made.connect(address)
        stack.pop_all()
    return made


class _Datagrams(asyncio.DatagramProtocol):
    """Puts what arrives into a queue; the socket is connected, so the kernel drops other senders."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[bytes | OSError] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.arrived.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        # ICMP port or host unreachable: no need to wait for the timeout
        if isinstance(exc, OSError):
            self.arrived.put_nowait(exc)


class _Asking:
    """One exchange: how it asks at the moment, and how often it has."""

    def __init__(
        self, server: Endpoint, question: Question, edns: bool | None, again: float, *, tcp: bool
    ) -> None:
        self.edns = edns is not False
        self.queries = 0
        self._known_to_speak_edns = edns is True
        self._strange = 0  # datagrams that were no reply to what was asked
        self._tcp = self._only_tcp = tcp
        self._server = server
        self._question = question
        self._again = again

    def in_vain(self, what: str) -> str:
        """What an operator has to know: which server, and that it had sent us from UDP to TCP."""
        server = f"(name server {self._server.host})"
        if self._only_tcp:
            return f"{what} over TCP {server}"
        if self._tcp:
            return f"truncated over UDP, and over TCP {what} {server}"
        times = f" to {self.queries} queries" if self.queries > 1 else ""
        others = f", but {self._strange} datagrams that are no reply to it" if self._strange else ""
        return f"{what}{times}{others} {server}"

    async def reply(self) -> Reply:
        """The first reply that is more than a wish to be asked in another way."""
        while True:
            reply = await (self._over_tcp() if self._tcp else self._over_udp())
            if reply.truncated and not self._tcp:
                self._tcp = True  # RFC 7766 section 5
            elif reply.truncated:
                over = "over TCP" if self._only_tcp else "over UDP, and over TCP as well"
                return replace(reply, detail=f"truncated {over}")
            elif reply.without_edns and self.edns:
                self.edns = False  # RFC 6891 section 7
            else:
                return reply

    async def _over_udp(self) -> Reply:
        query = make_query(self._question, edns=self.edns)
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_datagram_endpoint(
            _Datagrams, sock=_datagrams_to(self._server)
        )
        repetition: asyncio.TimerHandle | None = None

        def send(wire: bytes) -> None:
            nonlocal repetition
            self.queries += 1
            transport.sendto(wire)
            if self._again < math.inf:
                repetition = loop.call_later(self._again, send_again)

        def send_again() -> None:
            self.edns = self._known_to_speak_edns
            repeated = make_query(self._question, edns=self.edns)
            repeated.id = query.id
            send(repeated.to_wire())

        try:
            send(query.to_wire())
            while True:
                data = await protocol.arrived.get()
                if isinstance(data, OSError):
                    raise data
                # RFC 5452 section 9.1: another id or question is no answer to ours; keep waiting
                reply = read_reply(query, self._question, data) if belongs(query, data) else None
                if reply is not None:
                    return reply
                self._strange += 1
        finally:
            if repetition is not None:
                repetition.cancel()
            transport.close()

    async def _over_tcp(self) -> Reply:
        self.queries += 1
        query = make_query(self._question, edns=self.edns)
        wire = query.to_wire()
        family, address = _place(self._server)
        with ExitStack() as stack:
            connection = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
            connection.setblocking(False)
            await asyncio.get_running_loop().sock_connect(connection, address)
            reader, writer = await asyncio.open_connection(sock=connection)
            stack.pop_all()
        try:
            writer.write(struct.pack("!H", len(wire)) + wire)
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            data = await reader.readexactly(length)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        reply = read_reply(query, self._question, data) if belongs(query, data) else None
        return reply or Reply(Status.MALFORMED, detail="the reply over TCP answers another question")
