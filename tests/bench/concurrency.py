"""How long do concurrent checks hold up the event loop of those who embed them?

    python -m tests.bench.concurrency [--checks 20] [--no-dnsbl] [--warm] [--scenario healthy] [--message MIB]

The servers of the lab run in a process of their own. Beside so many checks a task sleeps 2 ms again and
again: what it sleeps longer is a stall. Of a stall, the time is told apart that the machine gave to other
processes (/proc/self/task/*/schedstat of Linux). With `--message` each check is given a signed message of so
many mebibytes; the scenario `tmall` makes control experiments, before each of which the facts are read.
Prints the longest stalls, the most descriptors, UDP sockets and threads at once, and how many different
reports there are.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import probe
from probe.model.report import Report
from probe.model.target import Endpoint, Options

_PERIOD = 0.002


@dataclass
class Seen:
    """Seconds, and the most at once."""

    stalls: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    descriptors: int = 0
    udp_sockets: int = 0
    threads: int = 0


def _others_had() -> float:
    """Seconds that this thread was ready to run and was not let."""
    path = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
    return int(path.read_text(encoding="ascii").split()[1]) / 1e9 if path.exists() else 0.0


async def _beat(sample: Seen) -> None:
    while True:
        before, others = time.perf_counter(), _others_had()
        await asyncio.sleep(_PERIOD)
        late = time.perf_counter() - before - _PERIOD
        sample.stalls.append(late)
        sample.own.append(max(0.0, late - (_others_had() - others)))


async def _count(sample: Seen) -> None:
    while True:
        links = [_link(entry) for entry in Path("/proc/self/fd").iterdir()]
        udp = _udp_inodes()
        sample.descriptors = max(sample.descriptors, len(links))
        sample.udp_sockets = max(sample.udp_sockets, sum(link in udp for link in links))
        sample.threads = max(sample.threads, threading.active_count())
        await asyncio.sleep(0.1)


def _link(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:
        return ""


def _udp_inodes() -> set[str]:
    tables = [Path("/proc/self/net") / name for name in ("udp", "udp6")]
    lines = [line for path in tables for line in path.read_text(encoding="ascii").splitlines()[1:]]
    return {f"socket:[{line.split()[9]}]" for line in lines}


async def measure(
    place: dict[str, Any], checks: int, *, dnsbl: bool, warm: bool, message: bytes | None
) -> tuple[Seen, list[Report]]:
    """Make so many checks at once."""
    options = Options(
        ip=ip_address(place["ip"]),
        nameservers=(Endpoint(*place["dns"]),),
        port=place["port"],
        allow_private=True,
        dnsbl_enabled=dnsbl,
        selectors=("s1",),
        seed=5,
        timeout=120.0,
        helo="mail.sender.example",
    )
    if warm:
        await probe.check(place["sender"], place["recipient"], options)
    result = Seen()
    watching = [asyncio.create_task(_beat(result)), asyncio.create_task(_count(result))]
    await asyncio.sleep(0.05)
    result.stalls.clear()
    result.own.clear()
    reports = await asyncio.gather(
        *(probe.check(place["sender"], place["recipient"], options, message=message) for _ in range(checks))
    )
    for task in watching:
        task.cancel()
    return result, reports


def signed_message(mebibytes: int) -> bytes:
    """Text with a link, and an attachment that makes up the size; the signature does not hold."""
    line = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3\r\n"
    head = (
        b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender.example; s=s1; h=from:subject;\r\n"
        b" bh=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=; b=AAAA\r\n"
        b"From: bob@sender.example\r\nTo: a@b.example\r\nSubject: minutes\r\nMIME-Version: 1.0\r\n"
        b"Date: Sat, 28 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@sender.example>\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
        b"see https://www.link.example/x\r\n--b\r\nContent-Type: application/octet-stream\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head + line * (mebibytes * 1024 * 1024 // len(line)) + b"--b--\r\n"


def serve(scenario: str) -> None:
    """Run the servers of the lab and print where they are."""

    async def run() -> None:
        from probe import lab

        result = lab.scenario(scenario)
        if result is None or not hasattr(result.target, "forward_path"):
            raise SystemExit(f"{scenario}: no scenario with a recipient")
        async with lab.serve(result) as it:
            server = it.options.nameservers[0]
            place = {
                "dns": [server.host, server.port],
                "port": it.options.port,
                "ip": str(it.options.ip),
                "sender": str(result.target.reverse_path),
                "recipient": str(result.target.forward_path),
            }
            print(json.dumps(place), flush=True)
            await asyncio.Event().wait()

    asyncio.run(run())


def _told(report: Report) -> tuple[object, ...]:
    findings = sorted((f.id, str(f.severity), f.message) for f in report.findings)
    return (report.verdict.outcome, report.verdict.exit_code, *findings)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How long do concurrent checks hold up an event loop?")
    parser.add_argument("--checks", type=int, default=20)
    parser.add_argument("--no-dnsbl", action="store_true")
    parser.add_argument("--warm", action="store_true", help="make one check before, which loads everything")
    parser.add_argument("--scenario", default="healthy")
    parser.add_argument("--message", type=int, default=0, metavar="MIB")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.scenario)
        return
    command = [sys.executable, "-m", "tests.bench.concurrency", "--serve", "--scenario", arguments.scenario]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as servers:
        assert servers.stdout is not None
        place = json.loads(servers.stdout.readline())
        began = time.perf_counter()
        message = signed_message(arguments.message) if arguments.message else None
        measured = measure(
            place, arguments.checks, dnsbl=not arguments.no_dnsbl, warm=arguments.warm, message=message
        )
        records, reports = asyncio.run(measured)
        wall = time.perf_counter() - began
        servers.terminate()
    spent = resource.getrusage(resource.RUSAGE_SELF)
    processor = spent.ru_utime + spent.ru_stime
    print(f"{arguments.checks} checks in {wall:.1f} s, {processor:.1f} s of processor time")
    for name, times in (("all", records.stalls), ("without what other processes had", records.own)):
        longest = " ".join(f"{1000 * late:.0f}" for late in sorted(times)[-5:][::-1])
        print(f"longest stalls in ms, {name}: {longest}")
    most = f"{records.descriptors} descriptors, {records.udp_sockets} UDP sockets, {records.threads} threads"
    print(f"at most {most}")
    outcomes = Counter((str(r.verdict.outcome), r.complete) for r in reports)
    different = len({_told(report) for report in reports})
    print(f"{different} different reports; outcome and complete: {dict(outcomes)}")


if __name__ == "__main__":
    main()
