"""`smtp-probe bulk` as somebody uses it: what to do with each row, asking again, pipes and terminals."""

from __future__ import annotations

import asyncio
import csv
import json
import shlex
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Outcome, smtp_probe
from tests.cli.test_bulk_servers import arguments, list_of, objects
from tests.cli.test_bulk_servers import run as ask_servers
from tests.support.dns_server import DnsServer, Fault
from tests.support.mail_operators import MailOperators, Script, zone_of
from tests.support.terminal import on_terminal

ZONE = {
    "MX good.example": ["10 mx.good.example."],
    "A mx.good.example": ["8.8.4.4"],
    "MX null.example": ["0 ."],
    "TXT bare.example": ['"no mail"'],
    "MX gmial.com": ["10 mx.good.example."],
}
FAULTS = {"failing.example": Fault.SERVFAIL}
ROWS = {
    "a@good.example": "send",
    "A@GOOD.example": "skip",
    "good.example": "send",
    "b@null.example": "drop",
    "b@bare.example": "hold",
    "b@failing.example": "later",
    "b@gmial.com": "correct",
    "foo": "correct",
    "c@absent.example": "drop",
}
LISTED = "554 5.7.1 Service unavailable; client host blocked using zen.spamhaus.org"
CONTROL_NAMES = ("com", "net", "org", "gmail.com", "outlook.com")
LATER = "451 4.7.1 Greylisting in action, please come back later"
DOMAINS = {name: {f"mx.{name}": [f"127.0.{n}.1"]} for n, name in enumerate(("a.test", "b.test", "c.test"), 1)}


async def bulk(server: DnsServer, *command: str, stdin: bytes = b"") -> Outcome:
    where = ("--nameserver", f"127.0.0.1:{server.endpoint.port}")
    return await asyncio.to_thread(smtp_probe, "bulk", *command, *where, stdin=stdin)


def verdict_line(result: Outcome) -> str:
    """The first lines of the summary, up to its facts, as one."""
    return " ".join(result.stdout.split("\n  Rows")[0].split())


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("how", ["--offline", ""])
async def test_each_row_says_what_to_do_with_it_and_the_summary_counts_them(
    form: str, how: str, tmp_path: Path
) -> None:
    output, summary = tmp_path / f"rows.{form}", tmp_path / "summary.json"
    path = list_of(tmp_path, list(ROWS))
    async with DnsServer(ZONE, FAULTS) as server:
        more = (how,) if how == "--offline" else ()
        await bulk(server, str(path), "-o", str(output), "--summary", str(summary), *more)
    rows: list[dict[str, Any]] = (
        objects(output)
        if form == "jsonl"
        else list(csv.DictReader(output.open(encoding="utf-8", newline="")))
    )
    expected = ROWS
    if how == "--offline":  # nothing was asked: only what the list itself shows
        expected = {row: it if it in ("skip", "correct") else "" for row, it in ROWS.items()}
    assert {row["input"]: row["decision"] or "" for row in rows} == expected
    counts = {it["decision"]: it["rows"] for it in json.loads(summary.read_text())["decisions"]}
    assert counts == Counter(it for it in expected.values() if it)


@pytest.mark.parametrize("name", ["-rows.jsonl", "it's.jsonl", "two words.jsonl", "$(touch harm).jsonl"])
async def test_the_line_that_takes_the_addresses_out_is_one_for_a_shell(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = list_of(tmp_path, list(ROWS))
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    monkeypatch.chdir(tmp_path)
    async with DnsServer(ZONE, FAULTS) as server:
        summary = (await bulk(server, str(path), "-o", f"./{name}")).stdout
    (line,) = (it.removeprefix("  - ") for it in summary.splitlines() if "jq -r" in it)
    words = shlex.split(line)
    assert words[:2] == ["jq", "-r"] and not words[3].startswith("-")
    assert objects(Path(words[3]))


async def test_a_refusal_for_a_fault_of_this_side_is_told_as_that_and_asked_again(tmp_path: Path) -> None:
    output = tmp_path / "rows.jsonl"
    path = list_of(tmp_path, [f"{who}@{domain}" for domain in DOMAINS for who in ("user", "nobody")])
    scripts = {
        "127.0.1.1": Script(),
        "127.0.2.1": Script(greeting=LISTED),
        "127.0.3.1": Script(rcpt=lambda _mailbox: LATER),
    }
    async with DnsServer(zone_of(DOMAINS)) as dns:
        async with MailOperators(scripts) as servers:
            command = arguments(dns, servers, "bulk", str(path), "-o", str(output), "--rcpt")
            first = await ask_servers(command)
            same = await ask_servers(command)
            count = len(servers.rcpts)
        decisions = {row["input"]: row["decision"] for row in objects(output)}
        async with MailOperators({it: Script() for it in scripts}, servers.port) as servers:
            again = await ask_servers([*command, "--again"])
            names = {it for it in servers.rcpts if not it.startswith("probe-")}
    assert verdict_line(first).endswith(
        "LOOK of 6 rows 3 are refused (2 for a fault on your side), 2 are deferred"
    )
    assert same.stdout == first.stdout and count
    assert decisions == {
        "user@a.test": "send",
        "nobody@a.test": "drop",
        "user@b.test": "mend",
        "nobody@b.test": "mend",
        "user@c.test": "later",
        "nobody@c.test": "later",
    }
    assert "--again asks about 4 rows again" in first.stdout and "--again" not in again.stdout
    assert names == {"user@b.test", "nobody@b.test", "user@c.test", "nobody@c.test"}
    assert [row["decision"] for row in objects(output)] == ["send", "drop"] * 3


async def test_what_is_deferred_is_not_clear(tmp_path: Path) -> None:
    path = list_of(tmp_path, ["user@a.test"])
    async with (
        MailOperators({"127.0.1.1": Script(rcpt=lambda _mailbox: LATER)}) as servers,
        DnsServer(zone_of(DOMAINS)) as dns,
    ):
        result = await ask_servers(arguments(dns, servers, "bulk", str(path), "--rcpt"))
    assert "LOOK of 1 row 1 is deferred" in verdict_line(result)


async def test_a_run_without_a_working_resolver_says_so_first_and_is_made_again(tmp_path: Path) -> None:
    output = tmp_path / "rows.jsonl"
    path = list_of(tmp_path, ["a@good.example", "b@null.example"])
    async with DnsServer(ZONE, {"*": Fault.REFUSED}) as server:
        first = await bulk(server, str(path), "-o", str(output))
        server.mend()
        second = await bulk(server, str(path), "-o", str(output))
    assert first.code == 4 and "NOT KNOWN this machine got no usable answer from DNS" in verdict_line(first)
    assert second.code == 0
    assert [row["outcome"] for row in objects(output)] == ["accepted", "refused"]


@pytest.mark.parametrize("fault", [Fault.DENIED_BY_TOP, Fault.NODATA_BY_TOP])
@pytest.mark.parametrize("is_old_copy", [False, True])
async def test_a_resolver_that_denies_what_exists_refuses_nobody(
    fault: Fault, *, is_old_copy: bool, tmp_path: Path
) -> None:
    path = list_of(tmp_path, ["user@nosuch1.com", "user@nosuch2.com"])
    zone = {"NS com": ["a.gtld-servers.net."]} if is_old_copy else {}
    async with DnsServer(
        zone, {"*": fault, "com": Fault.REPEATED} if is_old_copy else {"*": fault}
    ) as server:
        result = await bulk(server, str(path), "--format", "jsonl")
    assert (result.code, result.stdout) == (4, "")
    names = "gmail.com, outlook.com" if is_old_copy else "com, net, org, gmail.com, outlook.com"
    assert f"denies every domain of the list, and {names}, too" in result.stderr


@pytest.mark.parametrize("count", [2, 400])
async def test_a_resolver_that_knows_no_name_refuses_nobody(count: int, tmp_path: Path) -> None:
    output = tmp_path / "rows.jsonl"
    path = list_of(tmp_path, [f"user@d{number}.example" for number in range(count)])
    async with DnsServer({}, delay=0.6) as server:
        result = await bulk(server, str(path), "-o", str(output))
    assert (result.code, result.stdout, result.stderr.count("\n")) == (4, "", 1)
    assert "this machine's resolver denies every domain" in result.stderr
    assert not output.exists() or not output.read_bytes()
    with closing(sqlite3.connect(f"{output}.state")) as base:
        assert base.execute("select count(*) from domains where state is not null").fetchone() == (0,)


async def test_denials_of_a_resolver_that_knows_names_are_kept(tmp_path: Path) -> None:
    path = list_of(tmp_path, ["user@d1.example", "user@d2.example"])
    async with DnsServer({"NS com": ["a.gtld-servers.net."], "MX gmail.com": ["5 mx.gmail.com."]}) as server:
        result = await bulk(server, str(path), "--format", "jsonl")
        names = {it.name for it in server.queries}
    assert [json.loads(line)["decision"] for line in result.stdout.splitlines()] == ["drop", "drop"]
    assert result.code == 0 and names == {"d1.example", "d2.example", *CONTROL_NAMES}


async def test_a_reader_that_goes_away_ends_the_asking(tmp_path: Path) -> None:
    count = 6000
    path = list_of(tmp_path, [f"d{number}.example" for number in range(count)])
    async with DnsServer({"MX d0.example": ["0 ."]}, delay=0.5) as server:
        where = ("--nameserver", f"127.0.0.1:{server.endpoint.port}")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "probe", "bulk", str(path), "--format", "jsonl", *where),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        await process.stdout.readline()
        process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
        _, err = await process.communicate()
        names = {it.name for it in server.queries}
    assert (process.returncode, err) == (0, b"")
    assert len(names) < count


@pytest.mark.parametrize("where", ["/dev/stdout", "/dev/null", "PIPE"])
def test_rows_that_could_not_be_gone_on_with_are_refused_and_nothing_is_left(
    where: str, tmp_path: Path
) -> None:
    path = list_of(tmp_path, ["a@good.example"])
    if where == "PIPE":
        where = str(tmp_path / "pipe")
        subprocess.run(["mkfifo", where], check=True)
    result = smtp_probe("bulk", str(path), "--offline", "-o", where, "--format", "jsonl")
    assert (result.code, result.stdout) == (2, "")
    assert result.stderr == (
        f"smtp-probe: -o: {where} is a device or a pipe; without -o, --format jsonl writes to stdout\n"
    )
    assert not Path(f"{where}.state").exists()


def test_the_summary_does_not_follow_the_progress_on_its_line(tmp_path: Path) -> None:
    output = tmp_path / "rows.jsonl"
    path = list_of(tmp_path, ["a@silent.example"])
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import socket,time;s=socket.socket(2,2);s.bind(('127.0.0.1',0));"
            "print(s.getsockname()[1],flush=True);time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    ) as silence:
        assert silence.stdout is not None
        where = f"127.0.0.1:{silence.stdout.readline().strip()}"
        screen = on_terminal("bulk", str(path), "-o", str(output), "--nameserver", where, lines=200)
        silence.kill()
    assert screen.lines[0].startswith(str(path)[:20]), screen.lines[:3]
    assert not any("waits for" in line for line in screen.lines)


def test_a_table_that_is_cut_says_how_much_is_left(tmp_path: Path) -> None:
    path = list_of(tmp_path, ["a@good.example", *(f"no address {number}" for number in range(11))])
    assert "3 more: -v, or --summary FILE" in smtp_probe("bulk", str(path), "--offline").stdout
    assert "more:" not in smtp_probe("bulk", str(path), "--offline", "-v").stdout
