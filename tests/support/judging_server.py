"""An SMTP server on loopback that gives one and the same answer to whatever it refuses, for a reason that
only the test knows.

    async with JudgingServer("550 5.0.0", lambda guest: guest.stage == "rcpt") as server: ...

It listens on the same port at every address of `hosts`, so that it can be several MX hosts.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(slots=True)
class Guest:
    """What a server knows of its client: `stage` is that of the command being judged, `visit` counts the
    connections from 1, `here` is the server's own address, `rcpt` the forward-path being judged."""

    visit: int
    ip: str
    here: str
    stage: str = "greeting"
    helo: str = ""
    sender: str = ""
    rcpt: str = ""
    secure: bool = False

    @property
    def is_postmaster(self) -> bool:
        return self.rcpt.lower().startswith("postmaster@")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a program words what it accepts: the greeting, the first line and the keywords of EHLO, and its
    answers to MAIL and RCPT, all without reply codes."""

    greeting: str = "mx.test ESMTP"
    hello: str = "mx.test"
    keywords: tuple[str, ...] = ("8BITMIME",)
    mail: str = "2.1.0 ok"
    rcpt: str = "2.1.5 ok"


Judge = Callable[[Guest], bool | str]
"""True: refuse with the server's one answer; a text: with this one; False: accept."""


class JudgingServer:
    """`refusal` is the one answer; `judge` says what gets it; `tls` makes it offer STARTTLS; `manner` is how
    it words the rest."""

    def __init__(
        self,
        refusal: str,
        judge: Judge,
        *,
        hosts: tuple[str, ...] = ("127.0.0.1",),
        tls: ssl.SSLContext | None = None,
        closes: bool = False,
        manner: Manner = Manner(),
    ) -> None:
        self._refusal, self._judge, self._hosts, self._tls = refusal, judge, hosts, tls
        self._closes, self._manner = closes, manner
        self.guests: list[Guest] = []
        self.lines: list[str] = []
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.Server] = []

    async def __aenter__(self) -> Self:
        for _ in range(20):
            try:
                await self._listen()
                return self
            except OSError:  # the port is taken at another address: try the next one
                await self._close()
        raise OSError("no port is free at all the addresses")

    async def _listen(self) -> None:
        self.port = 0
        for host in self._hosts:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            server = await asyncio.start_server(self._serve, host, self.port, family=family)
            self._servers.append(server)
            self.port = server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        client = Guest(
            len(self.guests) + 1,
            writer.get_extra_info("peername")[0],
            writer.get_extra_info("sockname")[0],
        )
        self.guests.append(client)
        try:
            await self._converse(client, reader, writer)
        except (OSError, EOFError, ssl.SSLError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _converse(
        self, client: Guest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await self._say(writer, self._verdict(client) or f"220 {self._manner.greeting}")
        while line := (await reader.readline()).decode("utf-8", "replace").rstrip("\r\n"):
            self.lines.append(line)
            reply = self._reply(client, line)
            await self._say(writer, reply)
            if reply.startswith("221") or (self._closes and reply == self._refusal):
                return
            if line.upper() == "STARTTLS" and self._tls is not None:
                await writer.start_tls(self._tls)
                client.secure = True

    def _reply(self, client: Guest, line: str) -> str:
        verb, _, argument = line.partition(" ")
        path = argument.partition("<")[2].partition(">")[0]
        match verb.upper():
            case "EHLO" | "HELO":
                client.stage, client.helo = "ehlo", argument
                return self._verdict(client) or self._offer(client)
            case "MAIL":
                client.stage, client.sender = "mail", path
                return self._verdict(client) or f"250 {self._manner.mail}"
            case "RCPT":
                client.stage, client.rcpt = "rcpt", path
                return self._verdict(client) or f"250 {self._manner.rcpt}"
            case "STARTTLS":
                return "220 2.0.0 go ahead"
            case "QUIT":
                return "221 2.0.0 bye"
            case _:
                return "250 2.0.0 ok"

    def _offer(self, client: Guest) -> str:
        lines = [self._manner.hello, *self._manner.keywords]
        if self._tls is not None and not client.secure:
            lines.insert(1, "STARTTLS")
        last = lines.pop()
        return "".join(f"250-{line}\r\n" for line in lines) + f"250 {last}"

    def _verdict(self, client: Guest) -> str:
        """The refusal, or empty where the guest may go on."""
        judged = self._judge(client)
        return judged if isinstance(judged, str) else self._refusal if judged else ""

    @staticmethod
    async def _say(writer: asyncio.StreamWriter, reply: str) -> None:
        writer.write(f"{reply}\r\n".encode())
        await writer.drain()
