"""Mail servers of several operators on loopback, which count what a visitor does: sessions at once, pauses
between them, and every RCPT.

Each address is a server; addresses of one /24 are one operator's. A server says what its script has.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

Replies = Callable[[str], str]
"""The reply to an RCPT for a mailbox."""


def take_all(_mailbox: str) -> str:
    return "250 2.1.5 ok"


def take_users(mailbox: str) -> str:
    """Mailboxes whose local part begins with "user" are there."""
    return "250 2.1.5 ok" if mailbox.startswith("user") else "550 5.1.1 no such user here"


@dataclass
class Script:
    """What a server says; `delay` seconds before each reply."""

    rcpt: Replies = take_users
    greeting: str = "220 mx.test ESMTP"
    ehlo: str = "250 mx.test"
    mail: str = "250 2.1.0 ok"
    delay: float = 0.0


@dataclass
class Guest:
    """What one operator saw: `most` sessions at once, the `spaces` between two, the RCPTs of each session,
    and the addresses of its `peers`."""

    at_once: int = 0
    most: int = 0
    spaces: list[float] = field(default_factory=list)
    sessions: list[list[str]] = field(default_factory=list)
    last_end: float = 0.0
    peers: set[str] = field(default_factory=set)

    @property
    def rcpts(self) -> list[str]:
        return [mailbox for session in self.sessions for mailbox in session]

    @property
    def twice(self) -> list[str]:
        """Mailboxes that were asked about more than once."""
        return [mailbox for mailbox, times in Counter(self.rcpts).items() if times > 1]


class MailOperators:
    """`scripts` by address, all on one port; `visitors` by the /24 of the address."""

    def __init__(self, scripts: dict[str, Script], port: int = 0) -> None:
        self._scripts = scripts
        self.visitors: dict[str, Guest] = {}
        self.rcpts: list[str] = []  # of all, in order
        self.check_points: list[tuple[int, set[str]]] = []  # of a test
        self.port = port
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        for address in self._scripts:
            server = await asyncio.start_server(self._serve, address, self.port)
            self.port = server.sockets[0].getsockname()[1]
            self._servers.append(server)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def idle(self) -> None:
        """Wait until every visitor has left."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def visitor(self, address: str) -> Guest:
        return self.visitors.setdefault(address.rpartition(".")[0], Guest())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        address = writer.get_extra_info("sockname")[0]
        visitor, script = self.visitor(address), self._scripts[address]
        visitor.at_once += 1
        visitor.most = max(visitor.most, visitor.at_once)
        if visitor.last_end:
            visitor.spaces.append(time.monotonic() - visitor.last_end)
        visitor.sessions.append([])
        visitor.peers.add(writer.get_extra_info("peername")[0])
        try:
            await self._talk(reader, writer, script, visitor.sessions[-1])
        except (OSError, EOFError):
            pass
        finally:
            visitor.at_once -= 1
            visitor.last_end = time.monotonic()
            self._tasks.discard(task)
            writer.close()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, script: Script, rcpts: list[str]
    ) -> None:
        async def say(reply: str) -> None:
            await asyncio.sleep(script.delay)
            writer.write(f"{reply}\r\n".encode())
            await writer.drain()
            if reply.startswith("421"):
                raise EOFError

        await say(script.greeting)
        while line := (await reader.readline()).decode("utf-8").strip():
            verb = line[:4].upper()
            if verb == "RCPT":
                mailbox = line.partition("<")[2].rpartition(">")[0]
                rcpts.append(mailbox)
                self.rcpts.append(mailbox)
                await say(script.rcpt(mailbox))
            elif verb == "QUIT":
                await say("221 bye")
                return
            else:
                await say({"EHLO": script.ehlo, "MAIL": script.mail}.get(verb, "502 no"))


def zone_of(domains: dict[str, dict[str, list[str]]]) -> dict[str, list[str]]:
    """The zone of domains with their MX hosts, in order, and the addresses of these."""
    zone: dict[str, list[str]] = {}
    for domain, hosts in domains.items():
        zone[f"MX {domain}"] = [f"{10 * place} {host}." for place, host in enumerate(hosts, 1)]
        zone |= {f"A {host}": addresses for host, addresses in hosts.items()}
    return zone
