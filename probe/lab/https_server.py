"""Serves MTA-STS policies on loopback (RFC 8461 section 3.3), each by the name of its policy host."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping

HOST = "127.0.0.1"
_HEAD_LIMIT = 16384  # octets of a request that are read
_PATH = "/.well-known/mta-sts.txt"


@contextlib.asynccontextmanager
async def serve_policies(policies: Mapping[str, str], context: ssl.SSLContext) -> AsyncIterator[int]:
    """Serve the policy of each domain at mta-sts.DOMAIN; yields the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(_response(head.decode("latin-1"), policies))
            await writer.drain()
        except (OSError, EOFError, asyncio.LimitOverrunError):
            pass  # the client closed the connection, or sent no valid request
        finally:
            writer.close()

    server = await asyncio.start_server(answer, HOST, 0, ssl=context, limit=_HEAD_LIMIT)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def _response(head: str, policies: Mapping[str, str]) -> bytes:
    request, *fields = head.split("\r\n")
    host = next((line[5:].strip() for line in fields if line.lower().startswith("host:")), "")
    domain = host.partition(":")[0].lower().removeprefix("mta-sts.")
    if request.split(" ")[:2] != ["GET", _PATH] or domain not in policies:
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    body = "".join(f"{line.strip()}\r\n" for line in policies[domain].strip().splitlines()).encode()
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    ) + body
