"""A small mail server on loopback that answers by a scenario's rules and never takes a message."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from fnmatch import fnmatchcase

from probe._dataclass import dataclass, field
from probe.lab.scenario import Rule, Smtp

HOST = "127.0.0.1"
LINE_LIMIT = 4096  # octets of a command that are read; RFC 5321 section 4.5.3.1.4 asks for 512
COMMAND_LIMIT = 100  # commands of one session
_DATA = frozenset({"DATA", "BDAT"})


@dataclass(slots=True)
class Log:
    """What the server was asked: sessions, and commands by verb over all of them."""

    sessions: int = 0
    commands: Counter[str] = field(default_factory=Counter)

    @property
    def data_commands(self) -> int:
        """DATA and BDAT: a probe sends none."""
        return sum(self.commands[verb] for verb in _DATA)


@contextlib.asynccontextmanager
async def serve_smtp(policy: Smtp, context: ssl.SSLContext | None, log: Log) -> AsyncIterator[int]:
    """Serve; yields the port. `context` None: STARTTLS is not offered."""
    sessions: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        sessions.add(task)
        log.sessions += 1
        try:
            await _Session(policy, context, log, reader, writer).hold()
        except (OSError, EOFError, ValueError):
            pass  # the client closed the connection, or sent a line without an end
        finally:
            sessions.discard(task)
            writer.close()

    server = await asyncio.start_server(converse, HOST, 0, limit=LINE_LIMIT)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tuple(sessions):
            task.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)


@dataclass(slots=True)
class _Session:
    """One connection. `sender` None: there is no transaction."""

    policy: Smtp
    context: ssl.SSLContext | None
    log: Log
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    helo: str = ""
    sender: str | None = None
    recipients: int = 0
    encrypted: bool = False
    over: bool = False

    async def hold(self) -> None:
        """From the greeting to QUIT, or until the server hangs up."""
        await self._answer("greeting", self.policy.greeting)
        for _ in range(COMMAND_LIMIT):
            if self.over:
                return
            line = (await self.reader.readuntil(b"\n")).decode("utf-8", "replace").rstrip("\r\n")
            verb, _, argument = line.partition(" ")
            self.log.commands[verb.upper()] += 1
            await self._obey(verb.upper(), argument.strip())

    async def _obey(self, verb: str, argument: str) -> None:
        match verb:
            case "EHLO" | "HELO":
                await self._hello(verb, argument)
            case "STARTTLS":
                await self._starttls()
            case "MAIL":
                await self._mail(argument)
            case "RCPT":
                await self._rcpt(argument)
            case "RSET":
                self._forget()
                await self._say("250 2.0.0 Ok")
            case "NOOP":
                await self._say("250 2.0.0 Ok")
            case "QUIT":
                self.over = True
                await self._say("221 2.0.0 Bye")
            case "DATA" | "BDAT":
                await self._say("502 5.5.1 this server takes no messages")
            case _:
                await self._say("500 5.5.2 command not recognized")

    async def _hello(self, verb: str, name: str) -> None:
        self.helo = name
        self._forget()
        lines = [self.policy.host]
        if verb == "EHLO":
            lines += self.policy.extensions
            if self.context is not None and not self.encrypted:
                lines.append("STARTTLS")
        last = len(lines) - 1
        ok_lines = tuple(f"250{' ' if at == last else '-'}{line}" for at, line in enumerate(lines))
        await self._answer("ehlo", ok_lines)

    async def _starttls(self) -> None:
        if self.context is None or self.encrypted:
            await self._say("502 5.5.1 STARTTLS is not offered")
            return
        await self._say("220 2.0.0 Ready to start TLS")
        await self.writer.start_tls(self.context)
        self.encrypted = True
        self.helo = ""  # RFC 3207 section 4.2: everything before TLS is discarded
        self._forget()

    async def _mail(self, argument: str) -> None:
        path, parameters = _path(argument, "FROM:")
        if path is None:
            await self._say("501 5.5.4 Syntax: MAIL FROM:<address>")
        elif not self.helo:
            await self._say("503 5.5.1 Send EHLO first")
        elif self._is_too_large(parameters):
            await self._say("552 5.3.4 Message size exceeds fixed maximum message size")
        elif await self._answer("mail", ("250 2.1.0 Ok",), sender=path):
            self.sender = path

    async def _rcpt(self, argument: str) -> None:
        path, _ = _path(argument, "TO:")
        if path is None:
            await self._say("501 5.5.4 Syntax: RCPT TO:<address>")
        elif self.sender is None:
            await self._say("503 5.5.1 Send MAIL first")
        elif await self._answer("rcpt", ("250 2.1.5 Ok",), sender=self.sender, recipient=path):
            self.recipients += 1

    def _is_too_large(self, parameters: str) -> bool:
        """RFC 1870 section 6.1."""
        sizes = [word[5:] for word in parameters.upper().split() if word.startswith("SIZE=")]
        limit = self.policy.size_limit
        return bool(limit and sizes and sizes[0].isdigit() and int(sizes[0]) > limit)

    async def _answer(
        self, stage: str, ok_lines: tuple[str, ...], *, sender: str = "", recipient: str = ""
    ) -> bool:
        """Reply as the first matching rule says, else accept; True if the command was accepted."""
        rule = self._rule(stage, sender, recipient)
        if rule is not None and rule.closes:
            self.over = True
        values = {
            "{sender}": sender,
            "{recipient}": recipient,
            "{client}": str(self.writer.get_extra_info("peername")[0]),
            "{helo}": self.helo,
        }
        lines = rule.reply if rule is not None else ok_lines
        for mark, value in values.items() if rule is not None else ():
            lines = tuple(line.replace(mark, value) for line in lines)
        await self._say(*lines)
        return lines[-1].startswith("2")

    def _rule(self, stage: str, sender: str, recipient: str) -> Rule | None:
        for rule in self.policy.rules:
            if (
                rule.stage == stage
                and rule.encrypted in (None, self.encrypted)
                and fnmatchcase(sender.lower(), rule.sender)
                and fnmatchcase(recipient.lower(), rule.recipient)
            ):
                return rule
        return None

    def _forget(self) -> None:
        self.sender = None
        self.recipients = 0

    async def _say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self.writer.drain()


def _path(argument: str, keyword: str) -> tuple[str | None, str]:
    """The mailbox between the angle brackets ("" for `<>`) and the parameters; None where there is none."""
    if not argument.upper().startswith(keyword):
        return None, ""
    rest = argument[len(keyword) :].lstrip()
    if not rest.startswith("<") or ">" not in rest:
        return None, ""
    path, _, parameters = rest[1:].rpartition(">")
    return path, parameters
