"""`smtp-probe bulk --smtp` and `--rcpt` with mail servers of several operators on loopback."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from probe.report.schema import bulk_schema
from tests.cli.command import Outcome, smtp_probe
from tests.support.dns_server import DnsServer
from tests.support.mail_operators import MailOperators, Script, take_all, zone_of

DOMAINS = {
    "a.example": {"mx.a.example": ["127.0.1.1"]},
    "b.example": {"mx.vanity.test": ["127.0.1.2"]},
    "all.example": {"mx.all.example": ["127.0.2.1"]},
    "grey.example": {"mx.grey.example": ["127.0.3.1"]},
    "stern.example": {"mx.stern.example": ["127.0.4.1"]},
    "gone.example": {"mx.gone.example": ["127.0.5.1"]},
    "second.example": {"mx.gone.example": ["127.0.5.1"], "mx.a.example": ["127.0.1.1"]},
}
STERN = "554 5.7.1 Service unavailable; client host blocked using zen.spamhaus.org"
SCRIPTS = {
    "127.0.1.1": Script(),
    "127.0.1.2": Script(),
    "127.0.2.1": Script(rcpt=take_all),
    "127.0.3.1": Script(rcpt=lambda _mailbox: "451 4.7.1 Greylisting in action, please come back later"),
    "127.0.4.1": Script(greeting=STERN),
}


def arguments(dns: DnsServer, servers: MailOperators, *more: str) -> list[str]:
    where = f"127.0.0.1:{dns.endpoint.port}"
    fixed = ("--nameserver", where, "--port", str(servers.port), "--helo", "me.example", "--mta", "none")
    return [*more, *fixed, "--allow-private"]


@asynccontextmanager
async def hasty(pause: float, command: Sequence[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """`smtp-probe` with short pauses."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.hasty_bulk", *command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "GUEST_PAUSE": str(pause), "COLUMNS": "100"},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def run(command: Sequence[str], pause: float = 0.3) -> Outcome:
    async with hasty(pause, command) as process:
        out, err = await process.communicate()
        return Outcome(process.returncode or 0, out.decode(), err.decode())


def list_of(tmp_path: Path, rows: Sequence[str]) -> Path:
    path = tmp_path / "list.txt"
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def objects(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def test_each_mailbox_has_the_verdict_of_check(tmp_path: Path) -> None:
    rows = [f"{who}@{domain}" for domain in DOMAINS for who in ("user", "nobody")]
    output = tmp_path / "rows.jsonl"
    async with MailOperators(SCRIPTS) as servers, DnsServer(zone_of(DOMAINS)) as dns:
        path = list_of(tmp_path, rows)
        command = ("bulk", str(path), "-o", str(output), "--rcpt", "--sender", "me@sender.example")
        result = await run(arguments(dns, servers, *command))
        assert result.code == 0, result.stderr
        for row in objects(output):
            if row["asked"] == "server" and row["catch_all"]:
                continue
            more = ("check", "me@sender.example", row["input"], "--controls", "never", "--no-dnsbl")
            check = await asyncio.to_thread(
                smtp_probe,
                *arguments(dns, servers, *more, "--format", "json"),
                env={"SMTP_PROBE_MTA": "none"},
            )
            verdict = json.loads(check.stdout)["verdict"]
            assert row["outcome"] == verdict["outcome"], row
            assert row["asked"] == verdict["asked"], row
            if (
                row["outcome"] != "accepted"
            ):  # what check predicts after an acceptance needs facts of the sender
                keys = ("cause", "band", "fix_by", "retry")
                assert {key: row[key] for key in keys} == {key: verdict[key] for key in keys}, row


ODD = {
    "user@[127.0.1.1]": ("mailbox", "accepted", None),
    "jörg@a.example": ("server", "refused", "address_syntax"),  # the server does not offer SMTPUTF8
    '"user q"@a.example': ("mailbox", "refused", "user_unknown"),
    "USER@second.example": ("mailbox", "refused", "user_unknown"),
    "user@second.example": ("mailbox", "refused", "user_unknown"),  # the same mailbox, in other letters
    "second.example": ("server", "accepted", None),
}


async def test_odd_mailboxes_are_asked_about_as_they_are_written(tmp_path: Path) -> None:
    output = tmp_path / "rows.jsonl"
    async with MailOperators(SCRIPTS) as servers, DnsServer(zone_of(DOMAINS)) as dns:
        path = list_of(tmp_path, list(ODD))
        result = await run(arguments(dns, servers, "bulk", str(path), "-o", str(output), "--rcpt"))
        rcpts = {it for it in servers.rcpts if not it.startswith("probe-")}
    rows = objects(output)
    assert result.code == 0, result.stderr
    assert {row["input"]: (row["asked"], row["outcome"], row["cause"]) for row in rows} == ODD
    assert rcpts == {"user@[127.0.1.1]", '"user q"@a.example', "USER@second.example"}
    assert rows[0]["note"] is None and "SMTPUTF8" in rows[1]["note"]


async def test_rows_as_they_are_known_are_the_same_rows(tmp_path: Path) -> None:
    rows = [f"{who}{n}@{domain}" for n in range(3) for domain in DOMAINS for who in ("user", "nobody")]
    path = list_of(tmp_path, [*rows, rows[0], "bad row", "a.example"])
    ordered, unordered = tmp_path / "ordered.jsonl", tmp_path / "unordered.jsonl"
    async with MailOperators(SCRIPTS) as servers, DnsServer(zone_of(DOMAINS)) as dns:
        command = arguments(dns, servers, "bulk", str(path), "--rcpt")
        assert (await run([*command, "-o", str(ordered)])).code == 0
        assert (await run([*command, "-o", str(unordered), "--unordered"])).code == 0
    assert sorted(unordered.read_text().splitlines()) == sorted(ordered.read_text().splitlines())


async def test_a_domain_that_takes_everybody_is_told_and_asked_once(tmp_path: Path) -> None:
    output, summary = tmp_path / "rows.jsonl", tmp_path / "summary.json"
    rows = [f"user{n}@{domain}" for n in range(5) for domain in ("a.example", "all.example")]
    async with MailOperators(SCRIPTS) as servers, DnsServer(zone_of(DOMAINS)) as dns:
        path = list_of(tmp_path, rows)
        command = ("bulk", str(path), "-o", str(output), "--rcpt", "--summary", str(summary))
        result = await run(arguments(dns, servers, *command))
        everybody = servers.visitor("127.0.2.1").rcpts
    assert {(row["domain"], row["catch_all"]) for row in objects(output)} == {
        ("a.example", False),
        ("all.example", True),
    }
    assert len(everybody) == 2 and everybody[0] == "user0@all.example"
    report = json.loads(summary.read_text(encoding="utf-8"))
    Draft202012Validator(bulk_schema()).validate(report)
    assert (report["asked"], report["totals"]["mailboxes"], report["totals"]["catch_all"]) == (
        "mailbox",
        6,
        1,
    )
    text = " ".join(result.stdout.split())
    assert "not that the mailbox is there" in text and "1 domain takes every recipient" in text


async def test_one_session_an_operator_and_none_of_it_names_a_mailbox(tmp_path: Path) -> None:
    output = tmp_path / "rows.jsonl"
    rows = ["x@a.example", "y@b.example", "a.example", "z@all.example", "w@stern.example", "v@gone.example"]
    async with MailOperators(SCRIPTS) as servers, DnsServer(zone_of(DOMAINS)) as dns:
        path = list_of(tmp_path, rows)
        result = await run(arguments(dns, servers, "bulk", str(path), "-o", str(output), "--smtp"))
        sessions = {who: visitor.sessions for who, visitor in servers.visitors.items()}
    assert result.code == 0, result.stderr
    # of one operator at two addresses one is asked; who refuses the visitor is asked again after the pause
    assert {who: len(it) for who, it in sessions.items()} == {"127.0.1": 1, "127.0.2": 1, "127.0.4": 2}
    assert all(rcpts == [] for it in sessions.values() for rcpts in it)
    by_domain = {row["domain"]: (row["asked"], row["outcome"], row["cause"]) for row in objects(output)}
    assert by_domain == {
        "a.example": ("server", "accepted", None),
        "b.example": ("server", "accepted", None),
        "all.example": ("server", "accepted", None),
        "stern.example": ("server", "refused", "ip_blocklisted"),
        "gone.example": ("dns", "inconclusive", "connection_failed"),
    }


async def test_a_run_that_is_killed_asks_about_no_mailbox_again_and_gives_the_same_octets(
    tmp_path: Path,
) -> None:
    moments = random.Random(23)
    rows = [f"{who}{n}@{domain}" for n in range(12) for domain in DOMAINS for who in ("user", "nobody")]
    path = list_of(tmp_path, rows)
    whole, output = tmp_path / "whole.jsonl", tmp_path / "killed.jsonl"
    scripts = {address: Script(it.rcpt, it.greeting, delay=0.02) for address, it in SCRIPTS.items()}
    async with DnsServer(zone_of(DOMAINS)) as dns:
        async with MailOperators(scripts) as servers:
            assert (
                await run(arguments(dns, servers, "bulk", str(path), "-o", str(whole), "--rcpt"))
            ).code == 0
        async with MailOperators(scripts, port=servers.port) as servers:
            command = arguments(dns, servers, "bulk", str(path), "-o", str(output), "--rcpt")
            kills = 0
            for _ in range(12):
                async with hasty(0.3, command) as process:
                    try:
                        await asyncio.wait_for(process.communicate(), moments.uniform(0.8, 2.5))
                    except TimeoutError:
                        process.kill()
                        await process.wait()
                        kills += 1
                await servers.idle()
                before, in_state = len(servers.rcpts), mailboxes_in(output)
                servers.check_points.append((before, in_state))
            assert (await run(command)).code == 0
            again = [
                it
                for before, in_state in servers.check_points
                for it in servers.rcpts[before:]
                if it in in_state
            ]
            most = {who: visitor.most for who, visitor in servers.visitors.items()}
            longest = max(len(it) for visitor in servers.visitors.values() for it in visitor.sessions)
    assert kills and again == []
    assert set(most.values()) == {1} and longest <= 3
    assert output.read_bytes() == whole.read_bytes()


def mailboxes_in(output: Path) -> set[str]:
    """The mailboxes whose answers are in the state."""
    state = Path(f"{output}.state")
    if not state.exists():
        return set()
    with closing(sqlite3.connect(state)) as base:
        try:
            rows = base.execute("select r.input from answers a join rows r on r.line = a.line").fetchall()
        except sqlite3.OperationalError:  # killed before it had tables
            return set()
    return {row[0] for row in rows}


async def test_ctrl_c_in_a_pause_ends_at_once_and_the_pause_is_kept(tmp_path: Path) -> None:
    output = tmp_path / "rows.jsonl"
    path = list_of(tmp_path, ["user@stern.example", "user@a.example"])
    async with MailOperators(SCRIPTS) as servers, DnsServer(zone_of(DOMAINS)) as dns:
        command = arguments(
            dns, servers, "bulk", str(path), "-o", str(output), "--rcpt", "--progress", "jsonl"
        )
        texts: list[str] = []
        for turn in range(2):
            async with hasty(3600, command) as process:
                assert process.stderr is not None
                async for line in process.stderr:
                    texts.append(line.decode())
                    if "stern.example: paused until" in texts[-1]:
                        process.send_signal(signal.SIGINT)
                        break
                rest = await process.stderr.read()
                assert await process.wait() == 130, rest
            assert len(servers.visitor("127.0.4.1").sessions) == 1, turn
        assert "after 554" in texts[-1] and b"the same command goes on from here" in rest
        with closing(sqlite3.connect(f"{output}.state")) as base:
            base.execute("update pauses set until = until - 3600")
            base.commit()
        assert (await run(command, 0.1)).code == 0
    assert [row["outcome"] for row in objects(output)] == ["refused", "accepted"]


async def test_a_plan_tells_how_long_asking_takes_and_asks_no_mail_server(tmp_path: Path) -> None:
    path = list_of(tmp_path, [f"user{n}@a.example" for n in range(600)])
    async with MailOperators(SCRIPTS) as servers, DnsServer(zone_of(DOMAINS)) as dns:
        result = await run(arguments(dns, servers, "bulk", str(path), "--rcpt", "--plan"))
        assert servers.visitors == {}
    text = " ".join(result.stdout.split())
    assert result.code == 0 and "100 % of the rows are with 1 operator of 1" in text
    assert "about 3 h" in text and "600 RCPT" in text


async def test_where_no_server_can_be_reached_this_machine_is_looked_at_first(tmp_path: Path) -> None:
    path = list_of(tmp_path, ["user@gone.example", "user@none.example"])
    async with MailOperators(SCRIPTS) as servers, DnsServer(zone_of(DOMAINS)) as dns:
        result = await run(arguments(dns, servers, "bulk", str(path), "--rcpt"))
    assert result.code == 4
    assert "look at port 25 of this machine first" in " ".join(result.stdout.split())


async def test_a_list_of_servers_that_cannot_be_reached_ends_soon_and_can_be_gone_on_with(
    tmp_path: Path,
) -> None:
    output, count = tmp_path / "rows.jsonl", 130
    domains = {f"d{n}.example": {f"mx.d{n}.example": [f"127.1.{n}.1"]} for n in range(count)}
    path = list_of(tmp_path, [f"user@{domain}" for domain in domains])
    servers = MailOperators({f"127.1.{count - 1}.1": Script()})
    async with servers, DnsServer(zone_of(domains)) as dns:
        command = arguments(dns, servers, "bulk", str(path), "-o", str(output), "--rcpt", "--parallel", "1")
        outcomes = [await run(command) for _ in range(3)]
    assert [it.code for it in outcomes] == [4, 4, 0]
    assert all("outbound port 25 seems to be closed here" in it.stderr for it in outcomes[:2])
    assert [row["outcome"] for row in objects(output)] == ["inconclusive"] * (count - 1) + ["accepted"]


WRONG = {
    "offline": (("--rcpt", "--offline"), "asks mail servers, and --offline asks nobody"),
    "parallel": (("--rcpt", "--parallel", "0"), "'0' is no number from 1 to"),
    "sender": (("--rcpt", "--sender", "nobody"), "--sender"),
    "port": (("--smtp", "--port", "x"), "--port"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_one_line(name: str, tmp_path: Path) -> None:
    more, words = WRONG[name]
    result = smtp_probe("bulk", str(list_of(tmp_path, ["a@a.example"])), *more)
    assert (result.code, result.stdout, result.stderr.count("\n")) == (2, "", 1) and words in result.stderr


async def test_another_sender_is_another_run(tmp_path: Path) -> None:
    output = tmp_path / "rows.jsonl"
    path = list_of(tmp_path, ["user@a.example"])
    async with MailOperators(SCRIPTS) as servers, DnsServer(zone_of(DOMAINS)) as dns:
        command = arguments(dns, servers, "bulk", str(path), "-o", str(output), "--rcpt")
        assert (await run(command)).code == 0
        other = await run([*command, "--sender", "other@sender.example"])
        less = await run([it for it in command if it != "--rcpt"])
    assert other.code == less.code == 2
    assert "--sender was <>, now other@sender.example" in other.stderr
    assert "was mailbox, now dns" in less.stderr
