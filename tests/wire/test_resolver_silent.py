"""A resolver that is no use: nobody waits for it twice, and nobody else is blamed for it."""

from __future__ import annotations

import pytest

from probe.facts.build import facts_of
from probe.model.address_parse import parse_mailbox
from probe.model.target import Endpoint, Options, PairTarget
from probe.model.verdict import FixBy, Outcome
from probe.net.resolver import Resolver
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.run import observe, report_of
from probe.settings import Pace
from probe.standards.dns.health import Health
from probe.standards.dns.message import Question, RecordType, Status
from probe.world import live
from tests.support.dns_server import DnsServer, Fault

PAIR = PairTarget(parse_mailbox("bob@sender.example"), parse_mailbox("alice@recipient.example"))
PACE = Pace(dns_query=0.2, dns_lifetime=0.6)
ROOT = {"NS .": ["a.root.example."]}


def question(number: int) -> Question:
    return Question(f"n{number}.example", RecordType.A)


async def statuses(server: DnsServer, count: int = 3) -> list[Status]:
    """Of questions asked one after the other."""
    async with Resolver((server.endpoint,), query_timeout=0.1, lifetime=0.3) as resolver:
        return [(await resolver.ask((question(number),)))[0].status for number in range(count)]


async def test_after_a_name_that_nobody_answered_nothing_more_is_asked() -> None:
    async with DnsServer({}, {"*": Fault.SILENCE}) as server:
        assert await statuses(server) == [Status.TIMEOUT, Status.NOT_ASKED, Status.NOT_ASKED]


async def test_a_name_whose_own_servers_are_dead_stops_nothing() -> None:
    async with DnsServer(ROOT, {"n0.example": Fault.SILENCE}) as server:
        assert await statuses(server) == [Status.TIMEOUT, Status.NXDOMAIN, Status.NXDOMAIN]


async def test_whoever_answers_the_first_question_is_asked_nothing_about_the_root() -> None:
    async with DnsServer({}, {"n1.example": Fault.SILENCE}) as server:
        assert await statuses(server) == [Status.NXDOMAIN, Status.TIMEOUT, Status.NXDOMAIN]
        assert not any("NS" in str(it) for it in server.queries)


async def test_sixty_four_questions_at_once_do_not_wait_for_each_other() -> None:
    async with (
        DnsServer({}, {"*": Fault.SILENCE}) as server,
        Resolver((server.endpoint,), query_timeout=0.1, lifetime=0.3, parallel=4) as resolver,
    ):
        answers = await resolver.ask(tuple(map(question, range(64))))
    assert {answer.status for answer in answers} == {Status.TIMEOUT, Status.NOT_ASKED}
    assert [answer.status for answer in answers].count(Status.TIMEOUT) <= 8


async def run(*nameservers: Endpoint) -> Recording:
    options = Options(
        nameservers=nameservers, dnsbl_enabled=False, allow_private=True, timeout=20, helo="a.test"
    )
    return await observe(PAIR, options, world=live(PACE))


@pytest.mark.parametrize(
    ("fault", "health"),
    [
        (Fault.SILENCE, Health.SILENT),
        (Fault.REFUSED, Health.REFUSING),
        (Fault.SERVFAIL, Health.FAILING),
    ],
)
async def test_it_is_this_sides_to_mend_and_nothing_is_learned_of_anybody(
    fault: Fault, health: Health
) -> None:
    async with DnsServer({}, {"*": fault}) as server:
        recording = await run(server.endpoint)
        name = f"127.0.0.1:{server.endpoint.port}"
    facts, report = facts_of(recording), report_of(recording)
    assert (facts.name_servers.health, facts.name_servers.names) == (health, (name,))
    verdict = report.verdict
    assert (verdict.outcome, verdict.cause, verdict.fix_by) == (
        Outcome.INCONCLUSIVE,
        "dns_failure",
        FixBy.SENDER_NETWORK,
    )
    assert name in verdict.summary and "recipient.example" not in verdict.summary


async def test_one_dead_of_two_is_worth_a_notice() -> None:
    zone = {"MX recipient.example": ["0 ."]}
    async with DnsServer({}, {"*": Fault.SILENCE}) as dead, DnsServer(zone) as server:
        recording = await run(dead.endpoint, server.endpoint)
        name = f"127.0.0.1:{dead.endpoint.port}"
    servers = facts_of(recording).name_servers
    assert (servers.health, servers.silent) == (Health.WORKING, (name,))
    assert len(recording.all(ev.NameServerSilent)) == 1
    report = report_of(recording)
    assert report.verdict.outcome is Outcome.REFUSED
    tags = {it.tag: it.severity for it in report.findings}
    assert tags["resolver-partly-silent"] == "notice"
