"""A gateway that hides why: it stands before a real server and cuts every refusal down to a bare status.

Run inside the namespace as its own process, with the addresses to stand at: `gateway.py ADDRESS...`. It
listens on port 25 of each and passes what it hears to port 2525 of the same address, where the server learns
the client's address by the PROXY protocol. The server decides; only its words are kept back.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

BEHIND = 2525
_BARE = {b"4": b"450 4.0.0\r\n", b"5": b"550 5.0.0\r\n"}


def muted(line: bytes) -> bytes:
    """A reply line as the client gets it: refusals lose their words and all lines but the last."""
    bare = _BARE.get(line[:1])
    if bare is None or line.startswith(b"421"):
        return line
    return b"" if line[3:4] == b"-" else bare


async def _replies(server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
    while line := await server.readline():
        client.write(muted(line))
        await client.drain()


async def _commands(client: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
    while heard := await client.read(4096):
        server.write(heard)
        await server.drain()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    here = writer.get_extra_info("sockname")[0]
    peer, port = writer.get_extra_info("peername")[:2]
    family = "TCP6" if ":" in peer else "TCP4"
    with contextlib.suppress(OSError):
        server, sink = await asyncio.open_connection(here, BEHIND)
        sink.write(f"PROXY {family} {peer} {here} {port} 25\r\n".encode())
        pumps = [asyncio.create_task(_replies(server, writer)), asyncio.create_task(_commands(reader, sink))]
        # whoever hangs up first ends it for the other as well
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        sink.close()
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
    writer.close()


async def main(addresses: list[str]) -> None:
    """Serve until the process is ended."""
    servers = [await asyncio.start_server(_serve, address, 25) for address in addresses]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
