"""Wall time, CPU and memory of one check, beside a plain script that makes only the unavoidable round trips.

python -m tests.bench.one_check [ROUNDS]

A name server answers after 40 ms and a mail server after 100 ms, in a network namespace made for it (needs
root). In turn, ROUNDS times (7 where it is not given): a bare asyncio script (MX, A, greeting, EHLO, MAIL,
RCPT, QUIT); `check` with --helo, --nameserver, --ip and --mta none; `check` as a user types it. The medians
count. Both checks go without --controls, as nothing is left to find out here.
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from tests.bench.commands import Cost, cost_of, use_compiled_modules

NAME_SERVER, MAIL_SERVER, CLIENT = "192.0.2.53", "203.0.113.25", "198.51.100.10"
DNS_DELAY, SMTP_DELAY = 0.040, 0.100  # seconds
SENDER, DOMAIN, MX_HOST, CLIENT_NAME = "sender.net", "rcpt.net", "mx.rcpt.net", "out.sender.net"
ROUNDS = 7
ROOT = Path(__file__).resolve().parents[2]
_A, _PTR, _MX, _TXT = 1, 12, 15, 16
_HEADER = struct.Struct("!6H")
_ENTER = """
mount --bind "$0/resolv.conf" /etc/resolv.conf
mount --bind "$0/hosts" /etc/hosts
exec "$@"
"""


def _name(text: str) -> bytes:
    return b"".join(bytes((len(label),)) + label.encode() for label in text.split(".")) + b"\0"


def _text(text: bytes) -> bytes:
    return bytes((len(text),)) + text


_RECORDS: dict[tuple[str, int], bytes] = {
    (DOMAIN, _MX): struct.pack("!H", 10) + _name(MX_HOST),
    (MX_HOST, _A): socket.inet_aton(MAIL_SERVER),
    (SENDER, _MX): struct.pack("!H", 10) + _name(CLIENT_NAME),
    (CLIENT_NAME, _A): socket.inet_aton(CLIENT),
    (".".join(reversed(CLIENT.split("."))) + ".in-addr.arpa", _PTR): _name(CLIENT_NAME),
    (SENDER, _TXT): _text(b"v=spf1 ip4:198.51.100.10 -all"),
    ("_dmarc." + SENDER, _TXT): _text(b"v=DMARC1; p=none"),
}


# -- the two servers, in a process of their own ---------------------------------------------------


class _Dns(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        asyncio.get_running_loop().call_later(DNS_DELAY, self._transport.sendto, _reply(data), addr)


def _reply(query: bytes) -> bytes:
    labels, place = [], _HEADER.size
    while query[place]:
        labels.append(query[place + 1 : place + 1 + query[place]].decode().lower())
        place += 1 + query[place]
    section = query[_HEADER.size : place + 5]
    name, (rtype,) = ".".join(labels), struct.unpack_from("!H", query, place + 1)
    data = _RECORDS.get((name, rtype))
    is_known = any(owner == name or owner.endswith("." + name) for owner, _ in _RECORDS)
    flags = 0x8180 if is_known else 0x8183  # NXDOMAIN
    if data is not None:
        records = struct.pack("!HHHIH", 0xC00C, rtype, 1, 300, len(data)) + data
        return query[:2] + struct.pack("!5H", flags, 1, 1, 0, 0) + section + records
    zone = name.rpartition(".")[2]
    soa = _name(f"ns.{zone}") + _name(f"hostmaster.{zone}") + struct.pack("!5I", 1, 7200, 3600, 86400, 300)
    authority = _name(zone) + struct.pack("!HHIH", 6, 1, 300, len(soa)) + soa
    return query[:2] + struct.pack("!5H", flags, 1, 0, 1, 0) + section + authority


async def _smtp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    answer = b"220 mx.rcpt.net ESMTP\r\n"
    while True:
        await asyncio.sleep(SMTP_DELAY)
        writer.write(answer)
        line = await reader.readline() if not answer.startswith(b"221") else b""
        if not line:
            break
        verb = line[:4].upper()
        answer = {b"EHLO": b"250-mx.rcpt.net\r\n250 SIZE 10240000\r\n", b"QUIT": b"221 2.0.0 bye\r\n"}.get(
            verb, b"250 2.1.0 ok\r\n"
        )
    writer.close()


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(_Dns, local_addr=(NAME_SERVER, 53))
    server = await asyncio.start_server(_smtp, MAIL_SERVER, 25)
    print("ready", flush=True)
    await server.serve_forever()


# -- the plain script -----------------------------------------------------------------------------


_SCRIPT = """
import asyncio, socket, struct

async def ask(name, rtype):
    loop = asyncio.get_running_loop()
    answer = loop.create_future()

    class Question(asyncio.DatagramProtocol):
        def datagram_received(self, data, addr):
            answer.set_result(data)

    transport, _ = await loop.create_datagram_endpoint(Question, remote_addr=("{name_server}", 53))
    labels = b"".join(bytes((len(it),)) + it.encode() for it in name.split(".")) + b"\\0"
    transport.sendto(struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + labels + struct.pack("!HH", rtype, 1))
    data = await answer
    transport.close()
    return data

async def main():
    await ask("{domain}", 15)
    address = socket.inet_ntoa((await ask("{mx_host}", 1))[-4:])
    reader, writer = await asyncio.open_connection(address, 25)

    async def reply():
        while (await reader.readline())[3:4] == b"-":
            pass

    await reply()
    for command in ("EHLO out.sender.net", "MAIL FROM:<bob@sender.net>", "RCPT TO:<a@{domain}>", "QUIT"):
        writer.write(command.encode() + b"\\r\\n")
        await reply()
    writer.close()

asyncio.run(main())
"""


# -- the comparison -------------------------------------------------------------------------------


@contextmanager
def network(directory: Path) -> Iterator[list[str]]:
    """The words before a command that is to run in a network of its own, with its own resolv.conf."""
    name = f"probe-bench-{os.getpid()}"
    (directory / "resolv.conf").write_text(f"nameserver {NAME_SERVER}\n")
    (directory / "hosts").write_text("127.0.0.1 localhost\n")
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        for arguments in (
            "link set lo up",
            *(f"addr add {it}/32 dev lo" for it in (NAME_SERVER, MAIL_SERVER, CLIENT)),
            f"route replace local {MAIL_SERVER} dev lo table local src {CLIENT}",
        ):
            subprocess.run(["ip", "-n", name, *arguments.split()], check=True)
        yield ["ip", "netns", "exec", name, "unshare", "-m", "sh", "-ec", _ENTER, str(directory)]
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


def check_as_typed(enter: list[str]) -> list[str]:
    """The check that a user types, in the network of `enter`."""
    check = [*enter, sys.executable, "-m", "probe", "check", f"bob@{SENDER}", f"a@{DOMAIN}"]
    return [*check, "--allow-private", "--controls", "never"]


def _commands(enter: list[str], directory: Path) -> dict[str, list[str]]:
    script = directory / "plain.py"
    script.write_text(_SCRIPT.format(name_server=NAME_SERVER, domain=DOMAIN, mx_host=MX_HOST))
    check = check_as_typed(enter)
    options = ["--helo", CLIENT_NAME, "--nameserver", NAME_SERVER, "--ip", CLIENT, "--mta", "none"]
    return {
        "plain script": [*enter, sys.executable, str(script)],
        "check, all given": [*check, *options],
        "check, as typed": check,
    }


@contextmanager
def servers() -> Iterator[tuple[list[str], Path]]:
    """Both servers at work: the words before a command that is to meet them, and a folder for its files."""
    use_compiled_modules()
    with tempfile.TemporaryDirectory() as home, network(Path(home)) as enter:
        os.environ.update(PYTHONPATH=str(ROOT), XDG_STATE_HOME=home)
        server = subprocess.Popen(
            [*enter, sys.executable, "-m", "tests.bench.one_check", "serve"], stdout=subprocess.PIPE, cwd=ROOT
        )
        try:
            assert server.stdout is not None
            server.stdout.readline()
            yield enter, Path(home)
        finally:
            server.terminate()
            server.wait()


def main(rounds: int) -> None:
    with servers() as (enter, home):
        commands = _commands(enter, home)
        costs: dict[str, list[Cost]] = {name: [] for name in commands}
        for command in commands.values():
            cost_of(command, home)  # its modules are compiled
        for _ in range(rounds):
            for name, command in commands.items():
                costs[name].append(cost_of(command, home))
    plain = statistics.median(cost.wall for cost in costs["plain script"])
    for name, runs in costs.items():
        wall = statistics.median(cost.wall for cost in runs)
        cpu = statistics.median(cost.cpu for cost in runs)
        memory = statistics.median(cost.memory for cost in runs)
        ratio = f"{wall * 1000:6.0f} ms {wall / plain:6.3f} x"
        print(f"{name:18} {ratio}  cpu {cpu * 1000:5.0f} ms  {memory:4.0f} MiB")


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(_serve())
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else ROUNDS)
