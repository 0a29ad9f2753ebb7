"""Detects plaintext from a server in the place of its TLS handshake.

After its 220 to STARTTLS a server must not send anything before TLS (RFC 3207 section 4). The TLS library
would report such text only as "wrong version number" and discard it; here it is read first.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from math import inf
from typing import cast

from probe import settings
from probe.net.time_limit import TimeLimit

# RFC 8446 section 5.1: a server's first record is one of the handshake, or an alert; then comes the version
_RECORDS = (b"\x16\x03", b"\x15\x03")
_TEXT = frozenset(b"\t\r\n" + bytes(range(0x20, 0x7F)))


async def start_tls(
    transport: asyncio.Transport,
    protocol: asyncio.Protocol,
    context: ssl.SSLContext,
    server_hostname: str | None,
    limit: TimeLimit,
    on_text: Callable[[bytes], None],
) -> asyncio.Transport | None:
    """`loop.start_tls`, as a client, within `limit`; None if the peer closed the connection at once.

    Plaintext before the first TLS record is passed to `on_text` only; TLS must follow it within
    `settings.AFTER_PLAINTEXT`. Raises OSError as `loop.start_tls` does, and TimeoutError.
    """
    if transport.is_closing():
        raise ConnectionResetError
    transport.pause_reading()  # or the end of the connection could be reported to the wrong protocol
    loop = asyncio.get_running_loop()
    async with limit:

        def hear(text: bytes) -> None:
            limit.cut(settings.AFTER_PLAINTEXT)
            on_text(text)

        task = loop.create_task(
            loop.start_tls(
                transport, protocol, context, server_hostname=server_hostname, ssl_handshake_timeout=inf
            )
        )
        task.add_done_callback(_retrieve)
        try:
            # its first step installs the TLS protocol, before anything is read
            await asyncio.sleep(0)
            ssl_protocol = transport.get_protocol()
            if isinstance(ssl_protocol, asyncio.BufferedProtocol):
                transport.set_protocol(_Ahead(transport, ssl_protocol, hear))
            return await task
        finally:
            task.cancel()


def _retrieve(task: asyncio.Task[asyncio.Transport | None]) -> None:
    """Retrieve the exception of a task that nobody awaits, or asyncio reports it on standard error."""
    if not task.cancelled():
        task.exception()


class _Ahead(asyncio.Protocol):
    """Receives data in place of the TLS protocol until the first record."""

    def __init__(
        self,
        transport: asyncio.WriteTransport,
        ssl_protocol: asyncio.BufferedProtocol,
        on_text: Callable[[bytes], None],
    ) -> None:
        self._transport = transport
        self._protocol = ssl_protocol
        self._on_text = on_text

    def data_received(self, data: bytes) -> None:
        if data[0] in _TEXT:
            starts = [at for record in _RECORDS if (at := data.find(record)) != -1]
            at = min(starts, default=len(data))
            self._on_text(data[:at])
            data = data[at:]
        if data:
            self._transport.set_protocol(self._protocol)
            self._hand_over(memoryview(data))

    def _hand_over(self, rest: memoryview) -> None:
        while rest:
            room = cast(memoryview, self._protocol.get_buffer(len(rest)))
            size = min(len(room), len(rest))
            room[:size] = rest[:size]
            self._protocol.buffer_updated(size)
            rest = rest[size:]

    def eof_received(self) -> bool | None:
        return self._protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()
