"""`smtp-probe bulk` that is killed, stopped or started twice: the output is exact, nothing is mixed up."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.cli.command import Outcome, smtp_probe
from tests.support.dns_server import DnsServer, Fault

COUNT = 600
ZONE = {
    "A mx.shop.example": ["8.8.4.4"],
    **{f"MX d{number}.example": ["10 mx.shop.example."] for number in range(0, COUNT, 2)},
}
ROWS = "".join(f"user@d{number % COUNT}.example\n" + "bad row\n" * (number % 7 == 0) for number in range(900))


def command(server: DnsServer, path: Path, output: Path, *more: str) -> list[str]:
    where = f"127.0.0.1:{server.endpoint.port}"
    return ["bulk", str(path), "-o", str(output), "--nameserver", where, *more]


async def run(arguments: Sequence[str]) -> Outcome:
    return await asyncio.to_thread(smtp_probe, *arguments)


@asynccontextmanager
async def process(arguments: Sequence[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    it = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "probe", *arguments), stdout=-3, stderr=-3, env={**os.environ}
    )
    try:
        yield it
    finally:
        if it.returncode is None:
            it.kill()
            await it.wait()


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "list.txt"
    path.write_text(ROWS, encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["jsonl", "csv"])
async def test_a_run_that_is_killed_again_and_again_gives_the_same_octets(
    form: str, rows: Path, tmp_path: Path
) -> None:
    moments = random.Random(16)
    output, whole = tmp_path / f"killed.{form}", tmp_path / f"whole.{form}"
    async with DnsServer(ZONE, delay=0.2) as server:
        assert (await run(command(server, rows, whole))).code == 0
        kills = 0
        for _ in range(4):
            async with process(command(server, rows, output)) as it:
                try:
                    await asyncio.wait_for(it.wait(), moments.uniform(0.2, 2.0))
                except TimeoutError:
                    it.kill()
                    await it.wait()
                    kills += 1
        last = await run(command(server, rows, output))
    assert last.code == 0 and kills
    assert output.read_bytes() == whole.read_bytes()


async def test_ctrl_c_keeps_what_is_known_and_the_same_command_goes_on(rows: Path, tmp_path: Path) -> None:
    output = tmp_path / "rows.jsonl"
    gone = {f"d{number}.example": Fault.SILENCE for number in range(400, COUNT, 2)}
    async with DnsServer(ZONE, gone) as server, process(command(server, rows, output)) as it:
        while not output.exists() or not output.stat().st_size:
            await asyncio.sleep(0.05)
        it.send_signal(signal.SIGINT)
        assert await it.wait() == 130
    count = len(output.read_text(encoding="utf-8").splitlines())
    assert 0 < count < len(ROWS.splitlines())
    async with DnsServer(ZONE) as server:
        where = f"127.0.0.1:{server.endpoint.port}"
        # the port of the name server is another one now, which is another option
        refusal = await run(["bulk", str(rows), "-o", str(output), "--nameserver", where])
    assert refusal.code == 2 and "--nameserver was" in refusal.stderr and "--fresh" in refusal.stderr
    assert len(output.read_text(encoding="utf-8").splitlines()) == count


async def test_a_run_that_was_stopped_asks_nothing_twice(rows: Path, tmp_path: Path) -> None:
    output = tmp_path / "rows.jsonl"
    async with DnsServer(ZONE, delay=0.3) as server:
        async with process(command(server, rows, output)) as it:
            while not output.exists() or not output.stat().st_size:
                await asyncio.sleep(0.05)
            it.send_signal(signal.SIGTERM)
            assert await it.wait() == 143
        before = {json.loads(line)["domain"] for line in output.read_text(encoding="utf-8").splitlines()}
        server.queries.clear()
        assert (await run(command(server, rows, output))).code == 0
        twice = {it.name for it in server.queries} & before
    assert twice == set()
    assert len(output.read_text(encoding="utf-8").splitlines()) == len(ROWS.splitlines())


async def test_a_second_start_names_the_process_that_works(rows: Path, tmp_path: Path) -> None:
    output = tmp_path / "rows.jsonl"
    async with (
        DnsServer(ZONE, {"*": Fault.SILENCE}) as server,
        process(command(server, rows, output)) as it,
    ):
        while not server.queries:
            await asyncio.sleep(0.05)
        second = await run(command(server, rows, output))
        fresh = await run(command(server, rows, output, "--fresh"))
        number = it.pid
    for refusal in (second, fresh):
        assert refusal.code == 2 and refusal.stderr.count("\n") == 1
        assert f"in use: process {number} works on this output" in refusal.stderr


OTHER = {
    "--unordered": "--unordered was off, now on",
    "--allow-private": "--allow-private was off, now on",
    "--offline": "--offline was off, now on",
    "--column=1": "--column was not given, now 1",
    "--format=csv": "--format was jsonl, now csv",
}


async def test_other_options_or_another_list_are_refused_in_one_line(rows: Path, tmp_path: Path) -> None:
    output = tmp_path / "rows.jsonl"
    async with DnsServer(ZONE) as server:
        assert (await run(command(server, rows, output))).code == 0
        data = output.read_bytes()
        for option, words in OTHER.items():
            refusal = await run(command(server, rows, output, option))
            assert (refusal.code, refusal.stderr.count("\n")) == (2, 1) and words in refusal.stderr
        rows.write_text("other@d0.example\n", encoding="utf-8")
        refusal = await run(command(server, rows, output))
        assert refusal.code == 2 and "the list has changed" in refusal.stderr
        assert output.read_bytes() == data
        fresh = await run(command(server, rows, output, "--fresh"))
    assert fresh.code == 0 and len(output.read_bytes().splitlines()) == 1


async def test_a_finished_run_is_told_again_and_asked_again_when_it_is_old(
    rows: Path, tmp_path: Path
) -> None:
    output = tmp_path / "rows.jsonl"
    async with DnsServer(ZONE) as server:
        first = await run(command(server, rows, output))
        data = output.read_bytes()
        server.queries.clear()
        again = await run(command(server, rows, output))
        assert (again.code, again.stdout, server.queries) == (0, first.stdout, [])
        with sqlite3.connect(f"{output}.state") as base:
            base.execute("update domains set at = at - 86400 * 8")
        base.close()
        await run(command(server, rows, output))
        assert len(server.queries) >= COUNT
    assert output.read_bytes() == data


@pytest.mark.parametrize("what", ["text", "database", "other version"])
async def test_what_is_no_state_is_refused_and_kept(what: str, rows: Path, tmp_path: Path) -> None:
    output, state = tmp_path / "rows.jsonl", tmp_path / "rows.jsonl.state"
    if what == "text":
        state.write_text("this is a letter to my mother, and no state of anything\n" * 20, encoding="utf-8")
    else:
        base = sqlite3.connect(state)
        with base:
            base.execute("create table letters (text)")
            if what == "other version":
                base.execute(f"pragma application_id = {0x53504231}")
                base.execute("pragma user_version = 99")
        base.close()
    data = state.read_bytes()
    refusal = smtp_probe("bulk", str(rows), "-o", str(output), "--offline")
    assert (refusal.code, refusal.stderr.count("\n")) == (2, 1)
    assert state.read_bytes() == data and not output.exists()


def test_an_output_without_a_state_is_not_written_over(rows: Path, tmp_path: Path) -> None:
    output = tmp_path / "rows.csv"
    output.write_text("mine\n", encoding="utf-8")
    refusal = smtp_probe("bulk", str(rows), "-o", str(output), "--offline")
    assert refusal.code == 2 and "no state of a run beside it" in refusal.stderr
    assert output.read_text(encoding="utf-8") == "mine\n"
    assert smtp_probe("bulk", str(rows), "-o", str(output), "--offline", "--fresh").code == 0


def test_an_output_that_was_cut_is_refused(rows: Path, tmp_path: Path) -> None:
    output = tmp_path / "rows.csv"
    assert smtp_probe("bulk", str(rows), "-o", str(output), "--offline").code == 0
    output.write_bytes(output.read_bytes()[:100])
    refusal = smtp_probe("bulk", str(rows), "-o", str(output), "--offline")
    assert refusal.code == 2 and "is shorter than what was written to it" in refusal.stderr
