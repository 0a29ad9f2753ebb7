"""`smtp-probe bulk` beside a plain dnspython script, beside the bare engine, and its memory.

python -m tests.bench.bulk [--domains N] [--many N] [--rows N]

1. N domains (5 000) at a name server that answers after 50 ms, whole processes in turn, three rounds, the
   best of each counts: `bulk`, and a script of dnspython that asks for MX and one address, 500 at a time.
2. N domains (200 000) at a knot on loopback (package knot of Debian): `bulk`, and the bare engine with the
   same questions.
3. With --rows N: the memory and time of `bulk --offline` over so many rows (10 000 000 take some 20 minutes).
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import json
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from probe.bulk.domain import DomainResult, Hosts, look_up
from probe.model.target import Endpoint
from probe.net.dns_engine import DnsEngine
from tests.bench.resolver import server as knot

DELAY = 0.05
AT_ONCE = 500
ROUNDS = 3
HOSTS = 500


class Cost(NamedTuple):
    """What a process took: seconds of wall time and of CPU, megabytes at most."""

    wall: float
    cpu: float
    megabytes: float

    def __str__(self) -> str:
        return f"{self.wall:7.2f} s wall  {self.cpu:7.2f} s CPU  {self.megabytes:6.0f} MB"


# as when installed: modules and knowledge are compiled once
_ENVIRONMENT = {name: it for name, it in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(*arguments: str) -> Cost:
    """Run a process to its end. Raises CalledProcessError."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, env=_ENVIRONMENT)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, arguments)
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


# -- a name server that answers after a while -----------------------------------------------------------


def _reply(query: bytes) -> bytes:
    """MX: one host of HOSTS, by the number in the name (d17.example); A: an address."""
    end = query.index(0, 12) + 5
    question = query[12:end]
    rtype = struct.unpack_from("!H", query, end - 4)[0]
    if rtype == 15:
        number = int(query[14 : 13 + query[12]]) % HOSTS
        host = f"mx{number}".encode()
        data = struct.pack("!HB", 10, len(host)) + host + b"\x04host\x07example\0"
    elif rtype == 1:
        data = b"\x08\x08\x04\x04"
    else:
        return query[:2] + b"\x81\x80" + struct.pack("!4H", 1, 0, 0, 0) + question
    answer = b"\xc0\x0c" + struct.pack("!HHIH", rtype, 1, 3600, len(data)) + data
    return query[:2] + b"\x81\x80" + struct.pack("!4H", 1, 1, 0, 0) + question + answer


def serve(port: int) -> None:
    """Answer each query DELAY seconds after it came, for good."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.bind(("127.0.0.1", port))
        sock.setblocking(False)
        waiting: list[tuple[float, int, bytes, tuple[str, int]]] = []
        number = 0
        while True:
            pause = max(waiting[0][0] - time.perf_counter(), 0) if waiting else None
            select.select([sock], [], [], pause)
            now = time.perf_counter()
            with suppress(BlockingIOError):
                while True:
                    query, client = sock.recvfrom(4096)
                    number += 1
                    heapq.heappush(waiting, (now + DELAY, number, _reply(query), client))
            while waiting and waiting[0][0] <= now:
                _, _, wire, client = heapq.heappop(waiting)
                sock.sendto(wire, client)


@contextmanager
def slow_server() -> Iterator[int]:
    """The same in a process of its own; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_port:
        any_port.bind(("127.0.0.1", 0))
        port: int = any_port.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.bulk", "--serve", str(port)])
    try:
        time.sleep(1)
        yield port
    finally:
        process.terminate()
        process.wait()


# -- the others -----------------------------------------------------------------------------------------


async def plain_script(path: str, port: int) -> None:
    """What one writes with dnspython in ten minutes."""
    import dns.asyncresolver
    import dns.exception

    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    room = asyncio.Semaphore(AT_ONCE)

    async def one(domain: str) -> str:
        async with room:
            try:
                mx = await resolver.resolve(domain, "MX")
                best = min(mx, key=lambda it: it.preference)
                await resolver.resolve(best.exchange, "A")
            except dns.exception.DNSException as error:
                return json.dumps({"domain": domain, "error": type(error).__name__})
            return json.dumps({"domain": domain, "mx": best.exchange.to_text()})

    domains = Path(path).read_text(encoding="ascii").split()
    for line in await asyncio.gather(*map(one, domains)):
        print(line)


async def bare_engine(path: str, port: int) -> None:
    """The engine with the questions of `bulk`, and nothing else."""
    hosts = Hosts()
    results: list[DomainResult] = []
    domains = Path(path).read_text(encoding="ascii").split()
    async with DnsEngine((Endpoint("127.0.0.1", port),), forget_denials=True) as engine:
        await engine.run((look_up(domain, hosts) for domain in domains), results.append)


OTHERS = {"script": plain_script, "engine": bare_engine}


def compare(path: Path, port: int, other: str, folder: Path, *, rows: int) -> None:
    """`bulk` and another in turn, the best of each."""
    costs: dict[str, list[Cost]] = {"bulk": [], other: []}
    run("-m", "probe", "bulk", "--help")
    for turn in range(ROUNDS):
        output = folder / f"rows-{path.name}-{turn}.jsonl"
        where = f"127.0.0.1:{port}"
        costs["bulk"].append(
            run("-m", "probe", "bulk", str(path), "-o", str(output), "--nameserver", where, "--progress=none")
        )
        with output.open(encoding="utf-8") as stream:
            count = sum(1 for _ in stream)
        costs[other].append(run("-m", "tests.bench.bulk", "--other", other, str(path), str(port)))
        print(f"  bulk   {costs['bulk'][-1]}  {count} of {rows} rows\n  {other:6} {costs[other][-1]}")
    wall, cpu = (
        min(cost[place] for cost in costs[other]) / min(cost[place] for cost in costs["bulk"])
        for place in (0, 1)
    )
    print(f"  {other} : bulk  {wall:.2f} in wall time, {cpu:.2f} in CPU")


def main() -> int:
    """Print what each took, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--domains", type=int, default=5000)
    parser.add_argument("--many", type=int, default=200_000)
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--other", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve)
    if arguments.other:
        name, path, port = arguments.other
        asyncio.run(OTHERS[name](path, int(port)))
        return 0
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        if arguments.domains:
            print(f"{arguments.domains} domains, {DELAY * 1000:.0f} ms an answer")
            few = folder / "few"
            few.write_text("".join(f"d{n}.example\n" for n in range(arguments.domains)), encoding="ascii")
            with slow_server() as port:
                compare(few, port, "script", folder, rows=arguments.domains)
        if arguments.many:
            print(f"{arguments.many} domains, no delay")
            many = folder / "many"
            many.write_text("".join(f"d{n}.bench.example\n" for n in range(arguments.many)), encoding="ascii")
            with knot(arguments.many) as port:
                compare(many, port, "engine", folder, rows=arguments.many)
        if arguments.rows:
            print(f"{arguments.rows} rows, offline")
            list_file = folder / "rows.csv"
            with list_file.open("w", encoding="ascii") as stream:
                stream.write("id,email,name\n")
                for number in range(arguments.rows):
                    stream.write(f"{number},user{number}@d{number % 3_000_000}.example,Name {number}\n")
            output = folder / "rows.out.csv"
            cost = run("-m", "probe", "bulk", str(list_file), "--offline", "-o", str(output))
            print(f"  {cost}  {arguments.rows / cost.wall:,.0f} rows a second")
    return 0


if __name__ == "__main__":
    sys.exit(main())
