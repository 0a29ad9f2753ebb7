"""A gateway that hides why: it stands before a real server and gives all its refusals the same few words.

Run inside the namespace as its own process: `gateway.py ADDRESS SERVER WORDS...`, three for each place to
stand at. It listens on port 25 of ADDRESS and passes what it hears to port 2525 of SERVER, which learns the
client's address by the PROXY protocol. The server decides; its own words and status are kept back. Of WORDS
(which may be none) `@` stands for the recipient that was named last.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from dataclasses import dataclass
from functools import partial

BEHIND = 2525
_BARE = {b"4": b"450 4.0.0", b"5": b"550 5.0.0"}
_NAMES_RECIPIENT = b"RCPT TO:"


@dataclass
class Passage:
    """One session on its way through."""

    words: bytes
    recipient: bytes = b""

    def hear(self, line: bytes) -> None:
        """Note the recipient of a command line."""
        if line.upper().startswith(_NAMES_RECIPIENT):
            self.recipient = line[len(_NAMES_RECIPIENT) :].split()[0]

    def muted(self, line: bytes) -> bytes:
        """A reply line as the client gets it; of a refusal in several lines only the last is left."""
        bare = _BARE.get(line[:1])
        if bare is None or line.startswith(b"421"):
            return line
        return b"" if line[3:4] == b"-" else bare + self.words.replace(b"@", self.recipient) + b"\r\n"


async def _replies(passage: Passage, server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
    while line := await server.readline():
        client.write(passage.muted(line))
        await client.drain()


async def _commands(passage: Passage, client: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
    while line := await client.readline():
        passage.hear(line)
        server.write(line)
        await server.drain()


async def _serve(
    behind: str, words: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    here = writer.get_extra_info("sockname")[0]
    peer, port = writer.get_extra_info("peername")[:2]
    passage = Passage(words)
    with contextlib.suppress(OSError):
        server, sink = await asyncio.open_connection(behind, BEHIND)
        sink.write(f"PROXY TCP4 {peer} {here} {port} 25\r\n".encode())
        pumps = [
            asyncio.create_task(_replies(passage, server, writer)),
            asyncio.create_task(_commands(passage, reader, sink)),
        ]
        # whoever hangs up first ends it for the other as well
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        sink.close()
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
    writer.close()


async def main(places: list[str]) -> None:
    """Serve until the process is ended."""
    servers = [
        await asyncio.start_server(partial(_serve, behind, words.encode()), address, 25)
        for address, behind, words in zip(places[::3], places[1::3], places[2::3], strict=True)
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
