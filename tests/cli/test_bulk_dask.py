"""`smtp-probe bulk --dask`: workers that lose their lives ask nothing twice, and never two at once."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.cli.command import smtp_probe
from tests.cli.test_bulk_servers import arguments, hasty, list_of, mailboxes_in, run
from tests.support.certificates import authority, issue
from tests.support.dns_server import DnsServer
from tests.support.mail_operators import MailOperators, Script, zone_of

OPERATORS = 12
DOMAINS = {f"d{n}.example": {f"mx.d{n}.example": [f"127.0.{n + 1}.1"]} for n in range(OPERATORS)}
ROWS = [f"{who}{n}@{domain}" for n in range(6) for domain in DOMAINS for who in ("user", "nobody")]


def scripts(delay: float) -> dict[str, Script]:
    return {f"127.0.{n + 1}.1": Script(delay=delay) for n in range(OPERATORS)}


def workers_of(pid: int) -> list[int]:
    """The worker processes of a cluster that this process has made."""
    pids = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                command = (entry / "cmdline").read_text()
            except OSError:
                continue
            if parent == pid and "spawn_main" in command:
                pids.append(int(entry.name))
    return pids


async def test_workers_that_are_killed_ask_nothing_twice_and_never_two_at_once(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    lots = random.Random(9)
    path, output, whole = list_of(tmp_path, ROWS), tmp_path / "dask.jsonl", tmp_path / "whole.jsonl"
    async with DnsServer(zone_of(DOMAINS)) as dns:
        async with MailOperators(scripts(0.0)) as servers:
            assert (
                await run(arguments(dns, servers, "bulk", str(path), "-o", str(whole), "--rcpt"))
            ).code == 0
        async with MailOperators(scripts(0.1), port=servers.port) as servers:
            command = arguments(
                dns, servers, "bulk", str(path), "-o", str(output), "--rcpt", "--dask", "local:3"
            )
            again, kills = [], 0
            async with hasty(0.3, command) as process:
                work = asyncio.ensure_future(process.communicate())
                while not work.done():
                    await asyncio.wait([work], timeout=lots.uniform(1.0, 3.0))
                    workers = workers_of(process.pid)
                    if not work.done() and servers.rcpts and workers and kills < 6:
                        before, in_state = len(servers.rcpts), mailboxes_in(output)
                        servers.check_points.append((before, in_state))
                        os.kill(lots.choice(workers), signal.SIGKILL)
                        kills += 1
                assert process.returncode == 0, work.result()[1]
            for before, in_state in servers.check_points:
                again += [it for it in servers.rcpts[before:] if it in in_state]
            most = {who: visitor.most for who, visitor in servers.visitors.items()}
            longest = max(len(it) for visitor in servers.visitors.values() for it in visitor.sessions)
    assert kills and again == []
    assert set(most.values()) == {1} and longest <= 3
    assert output.read_bytes() == whole.read_bytes()


@asynccontextmanager
async def scheduler(failures: int, *more: str) -> AsyncIterator[str]:
    """A scheduler of Dask; its address."""
    env = os.environ | {
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(failures),
        "DASK_DISTRIBUTED__SCHEDULER__WORK_STEALING": "False",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "distributed.cli.dask_scheduler"),
        *("--host", "127.0.0.1", "--port", "0", "--no-dashboard", *more),
        stderr=asyncio.subprocess.PIPE,
        env=env,
    )
    assert process.stderr is not None
    try:
        async for line in process.stderr:
            if b"Scheduler at:" in line:
                yield line.decode().split()[-1]
                break
    finally:
        process.kill()
        await process.wait()


async def test_an_operator_keeps_its_worker_and_its_source_address(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    path, output = list_of(tmp_path, ROWS), tmp_path / "rows.jsonl"
    async with AsyncExitStack() as stack:
        dns = await stack.enter_async_context(DnsServer(zone_of(DOMAINS)))
        servers = await stack.enter_async_context(MailOperators(scripts(0.0)))
        place = await stack.enter_async_context(scheduler(0))
        for address in ("127.9.0.1", "127.9.0.2"):
            worker = ("bulk", "--dask-worker", place, "--bind", address, "--helo", "worker.example")
            process = await stack.enter_async_context(hasty(0.3, worker))
            assert process.stderr is not None
            while b"a worker of" not in await process.stderr.readline():
                pass
        command = arguments(dns, servers, "bulk", str(path), "-o", str(output), "--rcpt", "--dask", place)
        result = await run(command)
        peers = [visitor.peers for visitor in servers.visitors.values()]
    assert result.code == 0, result.stderr
    assert {len(it) for it in peers} == {1} and set.union(*peers) == {"127.9.0.1", "127.9.0.2"}
    assert all(
        json.loads(line)["asked"] == "mailbox" for line in output.read_text(encoding="utf-8").splitlines()
    )


async def test_driver_scheduler_and_worker_show_each_other_certificates(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    root = authority("Cluster Root")
    leaf = issue("cluster.example", by=root, is_mutual=True)
    files = {name: tmp_path / f"{name}.pem" for name in ("ca", "cert", "key")}
    files["ca"].write_bytes(root.pem)
    files["cert"].write_bytes(leaf.pem)
    files["key"].write_bytes(leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    tls = ("--dask-tls", ",".join(map(str, files.values())))
    own = (f"--tls-ca-file={files['ca']}", f"--tls-cert={files['cert']}", f"--tls-key={files['key']}")
    path = list_of(tmp_path, ROWS[:24])
    async with AsyncExitStack() as stack:
        dns = await stack.enter_async_context(DnsServer(zone_of(DOMAINS)))
        servers = await stack.enter_async_context(MailOperators(scripts(0.0)))
        place = await stack.enter_async_context(scheduler(0, "--protocol=tls", *own))
        worker = await stack.enter_async_context(hasty(0.3, ("bulk", "--dask-worker", place, *tls)))
        assert worker.stderr is not None
        while b"a worker of" not in await worker.stderr.readline():
            pass
        command = arguments(dns, servers, "bulk", str(path), "--smtp", "--dask", place, *tls)
        result = await run(command)
        sessions = sum(len(visitor.sessions) for visitor in servers.visitors.values())
    assert place.startswith("tls://") and result.code == 0, result.stderr
    assert sessions == OPERATORS


async def test_a_scheduler_that_would_ask_twice_or_has_no_workers_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    path = list_of(tmp_path, ROWS)
    async with DnsServer(zone_of(DOMAINS)) as dns, MailOperators(scripts(0.0)) as servers:
        for failures, words in ((3, "asks twice; start it with"), (0, "the scheduler has no workers")):
            async with scheduler(failures) as place:
                result = await run(arguments(dns, servers, "bulk", str(path), "--rcpt", "--dask", place))
            assert result.code == 2 and words in result.stderr and result.stderr.count("\n") == 1
        assert servers.visitors == {}


WRONG = {
    "plain": (
        ("--rcpt", "--dask", "tcp://192.0.2.1:8786"),
        "is plain, and a scheduler runs what anybody sends it",
    ),
    "no files": (("--rcpt", "--dask", "tls://192.0.2.1:8786"), "tls:// needs --dask-tls CA,CERT,KEY"),
    "two files": (("--rcpt", "--dask", "tls://h:1", "--dask-tls", "a,b"), "is not CA,CERT,KEY"),
    "no address": (("--rcpt", "--dask", "here"), "is not tcp://HOST:PORT, tls://HOST:PORT or local:N"),
    "none": (("--rcpt", "--dask", "local:0"), "is not tcp://HOST:PORT"),
    "DNS alone": (("--dask", "local:2"), "give --smtp or --rcpt, too"),
    "worker with a list": (("--dask-worker", "tcp://127.0.0.1:1"), "takes no list"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_one_line(name: str, tmp_path: Path) -> None:
    more, words = WRONG[name]
    result = smtp_probe("bulk", str(list_of(tmp_path, ["a@a.example"])), *more)
    assert (result.code, result.stdout, result.stderr.count("\n")) == (2, "", 1) and words in result.stderr


async def test_without_dask_the_extra_is_named(tmp_path: Path) -> None:
    (tmp_path / "distributed.py").write_text("raise ImportError('not there')\n", encoding="utf-8")
    env = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    zone = {"MX a.example": ["10 mx.a.example."], "A mx.a.example": ["8.8.4.4"]}
    async with DnsServer(zone) as dns:
        where = ("--nameserver", f"127.0.0.1:{dns.endpoint.port}", "--mta", "none")
        path = str(list_of(tmp_path, ["user@a.example"]))
        result = await asyncio.to_thread(
            smtp_probe, "bulk", path, "--rcpt", "--dask", "local:2", *where, env=env
        )
    assert (result.code, result.stderr.count("\n")) == (
        2,
        1,
    ) and "pip install 'smtp-probe[dask]'" in result.stderr
