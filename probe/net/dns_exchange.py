"""One query to one name server: UDP on a socket of its own, TCP when the server asks for it."""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress

from probe.model.target import Endpoint
from probe.net.dns_wire import Reply, belongs, make_query, read_reply
from probe.standards.dns.message import Question, Status


async def exchange(server: Endpoint, question: Question, timeout: float) -> tuple[Reply, int]:
    """Ask `server` once, and return its reply with the number of queries that took.

    `timeout` seconds cover all of it: the datagram, the repetition without EDNS, and TCP. What
    went wrong is a status of the reply; nothing is raised.
    """
    queries = 0
    edns, tcp = True, False
    try:
        async with asyncio.timeout(timeout):
            while True:
                queries += 1
                reply = await (_over_tcp if tcp else _over_udp)(server, question, edns)
                if reply.truncated and not tcp:
                    tcp = True  # RFC 7766 section 5
                elif reply.without_edns and edns:
                    edns = False  # RFC 6891 section 7
                else:
                    return reply, queries
    except TimeoutError:
        over = " over TCP" if tcp else ""
        return Reply(Status.TIMEOUT, detail=f"no answer from {server.host}{over} in {timeout:.1f} s"), queries
    except (OSError, asyncio.IncompleteReadError) as error:
        return Reply(Status.UNREACHABLE, detail=f"{server.host}: {_reason(error)}"), queries


def _reason(error: OSError | EOFError) -> str:
    if isinstance(error, EOFError):
        return "the connection was closed before the answer"
    return (error.strerror or type(error).__name__).lower()


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


async def _over_udp(server: Endpoint, question: Question, edns: bool) -> Reply:
    query = make_query(question, edns=edns)
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(
        _Datagrams, remote_addr=(server.host, server.port)
    )
    try:
        transport.sendto(query.to_wire())
        while True:
            data = await protocol.arrived.get()
            if isinstance(data, OSError):
                raise data
            # RFC 5452 section 9.1: another id or question is no answer to ours; keep waiting
            reply = read_reply(query, question, data) if belongs(query, data) else None
            if reply is not None:
                return reply
    finally:
        transport.close()


async def _over_tcp(server: Endpoint, question: Question, edns: bool) -> Reply:
    query = make_query(question, edns=edns)
    wire = query.to_wire()
    reader, writer = await asyncio.open_connection(server.host, server.port)
    try:
        writer.write(struct.pack("!H", len(wire)) + wire)
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        data = await reader.readexactly(length)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    reply = read_reply(query, question, data) if belongs(query, data) else None
    return reply or Reply(Status.MALFORMED, detail="the reply over TCP answers another question")
