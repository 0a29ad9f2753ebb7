"""Questions a second of client CPU: the DNS engine beside dnspython and, where it is installed, aiodns.

python -m tests.bench.resolver [NAMES]

A knot (Debian's package knot) on loopback serves a zone in which nine names of ten have two MX records and
one is not there. Each client asks for all names (dnspython for a tenth of them) in a process of its own, the
clients in turn, three rounds; the best of each counts.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import importlib.util
import json
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from probe.model.target import Endpoint
from probe.net.dns_engine import DnsEngine, Work
from probe.standards.dns.message import Question, RecordType, Status

PARALLEL = 150  # questions under way of the others: a buffer of Linux holds 222
ROUNDS = 3
HOSTS = 500


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


_MX = RecordType.MX
_CONCLUSIVE = (Status.ANSWER, Status.NXDOMAIN)


def _ask(name: str) -> Work[Status]:
    (response,) = yield (Question(name, _MX),)
    return response.status


async def _engine(names: list[str], port: int) -> int:
    answers = 0

    def take(status: Status) -> None:
        nonlocal answers
        answers += status in _CONCLUSIVE

    async with DnsEngine((Endpoint("127.0.0.1", port),)) as engine:
        await engine.run(map(_ask, names), take)
    return answers


async def _dnspython(names: list[str], port: int) -> int:
    import dns.asyncresolver

    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    room = asyncio.Semaphore(PARALLEL)

    async def one(name: str) -> bool:
        async with room:
            with suppress(dns.resolver.NXDOMAIN):
                await resolver.resolve(name, "MX")
        return True

    return sum(await asyncio.gather(*map(one, names)))


async def _aiodns(names: list[str], port: int) -> int:
    aiodns: Any = importlib.import_module("aiodns")  # not among the tests' own requirements
    resolver = aiodns.DNSResolver(nameservers=[f"127.0.0.1:{port}"])
    room = asyncio.Semaphore(PARALLEL)

    async def one(name: str) -> bool:
        async with room:
            try:
                await resolver.query_dns(name, "MX")
            except aiodns.error.DNSError as error:
                return bool(error.args[0] == aiodns.error.ARES_ENOTFOUND)
        return True

    return sum(await asyncio.gather(*map(one, names)))


CLIENTS = {"engine": _engine, "dnspython": _dnspython, "aiodns": _aiodns}


def measure(client: str, count: int, port: int) -> dict[str, float]:
    """Ask for `count` names in this process: seconds of CPU and of wall time, and how many were answered."""
    names = [f"d{number}.bench.example" for number in range(count)]
    if client != "engine":  # loading is not asking
        importlib.import_module({"dnspython": "dns.asyncresolver"}.get(client, client))
    cpu, wall = _cpu(), time.perf_counter()
    answers = asyncio.run(CLIENTS[client](names, port))
    return {"cpu": _cpu() - cpu, "wall": time.perf_counter() - wall, "answers": answers, "names": count}


@contextmanager
def server(count: int) -> Iterator[int]:
    """A knot that serves the zone; its port."""
    knot = shutil.which("knotd")
    if knot is None:
        raise SystemExit("this benchmark needs knotd (Debian's package knot)")
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        port: int = any_port.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        lines = [
            "$ORIGIN bench.example.",
            "$TTL 3600",
            "@ SOA ns host 1 3600 600 86400 300",
            "@ NS ns",
            "ns A 192.0.2.53",
        ]
        for number in range(count):
            if number % 10 != 9:
                lines += [f"d{number} MX {10 * n} mx{(number + n) % HOSTS}" for n in (1, 2)]
        lines += [f"mx{number} A 192.0.2.{number % 250 + 1}" for number in range(HOSTS)]
        Path(folder, "zone").write_text("\n".join(lines) + "\n", encoding="ascii")
        Path(folder, "conf").write_text(
            f"server:\n  listen: 127.0.0.1@{port}\n  rundir: {folder}\n  udp-workers: 1\n  tcp-workers: 1\n"
            f"database:\n  storage: {folder}\nlog:\n  - target: stderr\n    any: error\n"
            f"zone:\n  - domain: bench.example\n    file: {folder}/zone\n    zonefile-load: whole\n",
            encoding="ascii",
        )
        process = subprocess.Popen([knot, "-c", f"{folder}/conf"])
        try:
            time.sleep(2 + count / 20_000)
            yield port
        finally:
            process.terminate()
            process.wait()


def main() -> int:
    """Print the questions a second of CPU of each client, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="?", type=int, default=40_000)
    parser.add_argument("--client", choices=tuple(CLIENTS), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.client:
        print(json.dumps(measure(arguments.client, arguments.names, arguments.port)))
        return 0
    clients = [it for it in CLIENTS if it != "aiodns" or importlib.util.find_spec("aiodns")]
    best: dict[str, float] = {}
    with server(arguments.names) as port:
        for _ in range(ROUNDS):
            for client in clients:
                count = arguments.names // 10 if client == "dnspython" else arguments.names
                command = [sys.executable, "-m", "tests.bench.resolver", str(count), "--client", client]
                run = subprocess.run([*command, "--port", str(port)], capture_output=True, check=True)
                result = json.loads(run.stdout)
                rate = result["names"] / result["cpu"]
                print(
                    f"{client:10} {result['answers']:6.0f} of {count} answered, {rate:8.0f} a second of CPU, "
                    f"{result['names'] / result['wall']:8.0f} a second"
                )
                best[client] = max(rate, best.get(client, 0.0))
    for client in clients[1:]:
        print(f"engine : {client} {best['engine'] / best[client]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
