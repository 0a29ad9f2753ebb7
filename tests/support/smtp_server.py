"""A scripted SMTP server on loopback: it does what its script says, right or wrong, and keeps what it heard.

async with SmtpServer([say("220 hi"), expect("EHLO"), say("250 hi"), drop()]) as server: ...

Given several scripts, each connection takes the next; the last serves all that follow.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self


class Peer:
    """One connection as the script sees it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, replies: list[str]
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.lines = replies

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def hear(self) -> str:
        line = await self.reader.readline()
        if not line:
            raise ConnectionResetError("the client left")
        self.lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
        return self.lines[-1]


Step = Callable[[Peer], Awaitable[None]]
Script = list[Step]


def say(*lines: str) -> Step:
    """Send lines, each with CRLF, in one packet."""
    return say_raw("".join(f"{line}\r\n" for line in lines).encode())


def say_raw(data: bytes) -> Step:
    async def step(peer: Peer) -> None:
        await peer.send(data)

    return step


def drip(data: bytes) -> Step:
    """Send octet by octet, each in its own packet as far as the kernel allows."""

    async def step(peer: Peer) -> None:
        for octet in data:
            await peer.send(bytes([octet]))
            await asyncio.sleep(0)

    return step


def expect(verb: str) -> Step:
    """Hear one command line; it must begin with the verb."""

    async def step(peer: Peer) -> None:
        line = await peer.hear()
        if not line.upper().startswith(verb):
            peer.lines.append(f"!! expected {verb}, heard {line}")
            raise ConnectionAbortedError(line)

    return step


def answer(verb: str, *lines: str) -> Step:
    """Expect and say."""
    hear, reply = expect(verb), say(*lines)

    async def step(peer: Peer) -> None:
        await hear(peer)
        await reply(peer)

    return step


def gulp() -> Step:
    """Take in whatever comes next, a ClientHello for one."""

    async def step(peer: Peer) -> None:
        await peer.reader.read(4096)

    return step


def wait(seconds: float) -> Step:
    async def step(_peer: Peer) -> None:
        await asyncio.sleep(seconds)

    return step


def silence() -> Step:
    """Say nothing more; end when the client leaves."""

    async def step(peer: Peer) -> None:
        while await peer.reader.read(1024):
            pass

    return step


def listen() -> Step:
    """Say nothing more, but keep the lines that the client still sends."""

    async def step(peer: Peer) -> None:
        while True:
            await peer.hear()

    return step


def drop() -> Step:
    """Close (FIN)."""

    async def step(_peer: Peer) -> None:
        raise EOFError

    return step


def reset() -> Step:
    """Close with RST."""

    async def step(peer: Peer) -> None:
        connection: socket.socket = peer.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.writer.transport.abort()
        raise EOFError

    return step


def starttls(context: ssl.SSLContext) -> Step:
    """Shake hands as the server."""

    async def step(peer: Peer) -> None:
        await peer.writer.start_tls(context)

    return step


def endless(data: bytes) -> Step:
    """Send the same octets again and again until the client leaves."""

    async def step(peer: Peer) -> None:
        # inside TLS, neither write() nor drain() tells that the client has gone
        while not peer.reader.at_eof() and peer.reader.exception() is None:
            await peer.send(data)
            await asyncio.sleep(0)
        raise ConnectionResetError("the client left")

    return step


def dialogue(
    mail: str = "250 ok", rcpt: str | tuple[str, ...] = "250 ok", ehlo: str = "250 mx.test"
) -> Script:
    """A whole polite session in the clear."""
    replies = (rcpt,) if isinstance(rcpt, str) else rcpt
    return [
        say("220 mx.test ESMTP"),
        answer("EHLO", *ehlo.split("\n")),
        answer("MAIL", mail),
        *(answer("RCPT", reply) for reply in replies),
        answer("QUIT", "221 bye"),
    ]


class SmtpServer:
    """`dialogues` has the lines of each connection, in the order of connecting."""

    def __init__(self, *scripts: Script, host: str = "127.0.0.1") -> None:
        self._scripts = scripts
        self._host = host
        self.dialogues: list[list[str]] = []
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self._host, 0, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.close()
        if self._tasks:  # a client that left has ended its script; only one that stays is cut off
            await asyncio.wait(self._tasks, timeout=2)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def finished(self) -> None:
        """Wait until every connection so far has been served to its end."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def lines(self) -> list[str]:
        """Everything heard, over all connections."""
        return [line for connection in self.dialogues for line in connection]

    @property
    def verbs(self) -> list[str]:
        return [line.split(" ")[0].upper() for line in self.lines]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        script = self._scripts[min(len(self.dialogues), len(self._scripts) - 1)]
        lines: list[str] = []
        self.dialogues.append(lines)
        peer = Peer(reader, writer, lines)
        try:
            for step in script:
                await step(peer)
            await listen()(peer)
        except (OSError, EOFError, ssl.SSLError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
