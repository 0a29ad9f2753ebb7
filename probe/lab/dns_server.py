"""A DNS server on loopback, UDP and TCP on one port, that answers from a lab's zone."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import cast

import dns.exception
import dns.flags
import dns.message

from probe.lab.zone import Zone
from probe.model.target import Endpoint

HOST = "127.0.0.1"
_PLAIN_LIMIT = 512  # octets of a UDP message without EDNS (RFC 1035 section 4.2.1)
_ATTEMPTS = 10

_Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serve_dns(zone: Zone) -> AsyncIterator[Endpoint]:
    """Serve a zone; yields the address and port. Raises OSError when no port is free."""
    connections: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            await _converse(zone, reader, writer)
        except (OSError, EOFError):
            pass
        finally:
            connections.discard(task)
            writer.close()

    server, transport, port = await _bind(zone, converse)
    try:
        yield Endpoint(HOST, port)
    finally:
        transport.close()
        server.close()
        for task in tuple(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def _bind(zone: Zone, converse: _Conversation) -> tuple[asyncio.Server, asyncio.DatagramTransport, int]:
    """Both servers on one port: the system chooses the TCP port, but the same UDP port may be in use."""
    loop = asyncio.get_running_loop()
    attempts = _ATTEMPTS
    while True:
        server = await asyncio.start_server(converse, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        try:
            transport, _ = await loop.create_datagram_endpoint(lambda: _Udp(zone), local_addr=(HOST, port))
        except OSError:
            server.close()
            attempts -= 1
            if not attempts:
                raise
        else:
            return server, transport, port


async def _converse(zone: Zone, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Queries and responses, each after its length (RFC 1035 section 4.2.2), until the client leaves."""
    while True:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        reply = _reply(zone, await reader.readexactly(length), tcp=True)
        if reply is None:
            return
        writer.write(struct.pack("!H", len(reply)) + reply)
        await writer.drain()


def _reply(zone: Zone, wire: bytes, *, tcp: bool) -> bytes | None:
    """The response; None for octets that are no query, which get no response."""
    try:
        query = dns.message.from_wire(wire)
    except (dns.exception.DNSException, ValueError):
        return None
    if query.flags & dns.flags.QR:
        return None
    whole = zone.answer(query).to_wire(max_size=65535)
    if tcp or len(whole) <= max(_PLAIN_LIMIT, query.payload if query.edns >= 0 else 0):
        return whole
    short_response = dns.message.make_response(query, recursion_available=True)
    short_response.flags |= dns.flags.TC
    return short_response.to_wire()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = _reply(self._zone, data, tcp=False)
        if reply is not None:
            self._transport.sendto(reply, addr)
