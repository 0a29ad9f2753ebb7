"""check_host over the live resolver: the same answer as over a table, and each question once."""

from __future__ import annotations

from ipaddress import ip_address

from probe.net.resolver import Resolver
from probe.standards.dns.message import Answer, run, run_async
from probe.standards.spf.check_host import check_host
from probe.standards.spf.results import SpfVerdict
from probe.wording.spoken import spoken
from tests.support.dns_server import DnsServer, Fault

ZONE = {
    "TXT example.org": ['"v=spf1 a include:_spf.example.net " "exists:%{l}.users.example.org -all"'],
    "A example.org": ["192.0.2.1"],
    "TXT _spf.example.net": ['"v=spf1 mx -all"'],
    "MX _spf.example.net": ["10 mx.example.net."],
    "A mx.example.net": ["192.0.2.10"],
}


async def test_a_live_run_replays_to_the_same_result() -> None:
    answers: list[Answer] = []
    async with DnsServer(ZONE) as server, Resolver((server.endpoint,), on_answer=answers.append) as resolver:
        live = await run_async(
            check_host(ip_address("192.0.2.10"), "example.org", "bob", "example.org", "mail.example.org"),
            resolver.ask,
        )
        assert len(server.queries) == len(answers)
    entries = {answer.question: answer for answer in answers}
    again = run(
        check_host(ip_address("192.0.2.10"), "example.org", "bob", "example.org", "mail.example.org"),
        entries.__getitem__,
    )
    assert (live.verdict, live.matched) == (SpfVerdict.PASS, "include:_spf.example.net")
    assert again == live


async def test_a_dead_include_is_temperror_live() -> None:
    async with (
        DnsServer(ZONE, {"_spf.example.net": Fault.SERVFAIL}) as server,
        Resolver((server.endpoint,)) as resolver,
    ):
        result = await run_async(
            check_host(ip_address("192.0.2.10"), "example.org", "bob", "example.org", "mail.example.org"),
            resolver.ask,
        )
    assert result.verdict is SpfVerdict.TEMPERROR
    assert "_spf.example.net" in spoken(result.problem)


async def test_an_odd_local_part_reaches_the_server_as_it_is() -> None:
    zone = {**ZONE, "A a\\032b\\\\c.users.example.org": ["127.0.0.2"]}
    async with DnsServer(zone) as server, Resolver((server.endpoint,)) as resolver:
        result = await run_async(
            check_host(ip_address("192.0.2.77"), "example.org", "a b\\c", "example.org", "mail.example.org"),
            resolver.ask,
        )
    assert result.verdict is SpfVerdict.PASS
