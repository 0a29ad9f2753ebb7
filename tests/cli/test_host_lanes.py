"""Several runs on one host: with the mail servers of one operator they take turns."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.cli.command import smtp_probe
from tests.support.dns_server import DnsServer
from tests.support.mail_operators import MailOperators, Script, zone_of

DOMAINS = {
    "a.example": {"mx.a.example": ["127.0.1.1"]},
    "b.example": {"mx.vanity.test": ["127.0.1.2"]},
    "c.example": {"mx.c.example": ["127.0.2.1"]},
}
SLOW = Script(delay=0.3)


async def test_runs_at_the_same_time_have_one_session_with_an_operator_at_once(tmp_path: Path) -> None:
    env = {"XDG_RUNTIME_DIR": str(tmp_path), "SMTP_PROBE_MTA": "none"}
    servers = MailOperators(dict.fromkeys(("127.0.1.1", "127.0.1.2", "127.0.2.1"), SLOW))
    async with servers, DnsServer(zone_of(DOMAINS)) as dns:
        where = ("--nameserver", f"127.0.0.1:{dns.endpoint.port}", "--port", str(servers.port))
        runs = [
            asyncio.to_thread(smtp_probe, command, *names, *where, "--allow-private", "-v", env=env)
            for command, *names in (
                *(("domain", domain) for domain in DOMAINS),
                ("check", "me@sender.example", "user@a.example", "--no-dnsbl"),
            )
        ]
        outcomes = await asyncio.gather(*runs)
    assert [it.code for it in outcomes if it.code not in (0, 5)] == []
    assert {who: visitor.most for who, visitor in servers.visitors.items()} == {"127.0.1": 1, "127.0.2": 1}
    lines = [line for it in outcomes for line in it.stderr.splitlines() if "waits for another" in line]
    assert lines and all(
        line.startswith("smtp-probe: waits for another smtp-probe that asks ") for line in lines
    )
    assert all(it.stderr.count("waits for another") <= 1 for it in outcomes)


async def test_a_list_and_a_check_take_turns_too(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("".join(f"user{n}@a.example\n" for n in range(6)), encoding="utf-8")
    env = {"XDG_RUNTIME_DIR": str(tmp_path), "SMTP_PROBE_MTA": "none"}
    servers = MailOperators({"127.0.1.1": Script(delay=0.1)})
    async with servers, DnsServer(zone_of(DOMAINS)) as dns:
        where = ("--nameserver", f"127.0.0.1:{dns.endpoint.port}", "--port", str(servers.port))
        more = (*where, "--allow-private")
        runs = [
            asyncio.to_thread(smtp_probe, "bulk", str(path), "--rcpt", *more, env=env),
            asyncio.to_thread(smtp_probe, "domain", "a.example", *more, env=env),
            asyncio.to_thread(smtp_probe, "domain", "a.example", *more, env=env),
        ]
        outcomes = await asyncio.gather(*runs)
    assert [it.code for it in outcomes] == [0, 0, 0], outcomes
    assert servers.visitors["127.0.1"].most == 1
