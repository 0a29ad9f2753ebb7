"""A resolver that denies what exists is not believed, and nobody but this machine has to act; one that denies
truly is, and is asked no more than it takes."""

from __future__ import annotations

import pytest

from probe.facts.build import facts_of
from probe.model.address_parse import parse_mailbox
from probe.model.report import Report
from probe.model.target import Options, PairTarget
from probe.model.verdict import FixBy, Outcome
from probe.recording.journal import Recording
from probe.recording.redact import redact
from probe.run import observe, report_of
from probe.settings import Pace
from probe.standards.dns.health import Health
from probe.standards.dns.results import RouteKind
from probe.world import live
from tests.support.dns_server import DnsServer, Fault

PACE = Pace(dns_query=0.5, dns_lifetime=1.5)
GIVEN = {
    "NS com": ["a.gtld-servers.net."],
    "MX gmail.com": ["5 mx.gmail.com."],
    "MX outlook.com": ["5 mx.outlook.com."],
}
CONTROLS = {"NS com", "MX gmail.com", "MX outlook.com"}


async def check(server: DnsServer, recipient: str) -> Recording:
    pair = PairTarget(parse_mailbox("bob@sender.example"), parse_mailbox(recipient))
    options = Options(
        nameservers=(server.endpoint,), dnsbl_enabled=False, allow_private=True, timeout=20, helo="a.test"
    )
    return await observe(pair, options, world=live(PACE))


def asked(server: DnsServer) -> set[str]:
    return CONTROLS & {f"{it.rtype} {it.name}" for it in server.queries}


def findings(report: Report) -> dict[str, str]:
    return {it.tag: it.message for it in report.findings}


DENY = Fault.DENIED_BY_TOP
LIARS = {
    "a filter or a login page": ({}, {"*": DENY}),
    "an old copy of the zone": ({"NS com": GIVEN["NS com"]}, {"*": DENY, "NS com": Fault.REPEATED}),
    "a copy without the apex": (GIVEN, {"NS com": DENY, "nosuch.com": DENY}),
}
HOSTS = {
    "MX tmall.com": ["10 mx1.tmall.com.", "20 mx2.tmall.com."],
}


@pytest.mark.parametrize(("zone", "faults"), LIARS.values(), ids=LIARS)
async def test_a_domain_is_not_gone_for_a_resolver_that_denies_what_exists(
    zone: dict[str, list[str]], faults: dict[str, Fault]
) -> None:
    async with DnsServer(zone, faults) as server:
        recording = await check(server, "alice@nosuch.com")
        name = f"127.0.0.1:{server.endpoint.port}"
        assert asked(server) == CONTROLS
    facts, report = facts_of(recording), report_of(recording)
    assert facts.recipient.mx.kind is RouteKind.UNKNOWN
    assert (facts.name_servers.health, facts.name_servers.names) == (Health.DENYING, (name,))
    verdict = report.verdict
    assert (verdict.outcome, verdict.cause, verdict.exit_code) == (Outcome.INCONCLUSIVE, "dns_failure", 4)
    assert verdict.fix_by is FixBy.SENDER_NETWORK
    assert name in verdict.summary and "nosuch.com" not in verdict.summary
    assert name in findings(report)["resolver-denies"]
    assert not {"recipient-mx-of-missing-domain", "resolver-denial-corroborated"} & findings(report).keys()


async def test_a_host_is_not_gone_either() -> None:
    faults = dict.fromkeys(("mx1.tmall.com", "mx2.tmall.com", "NS com"), DENY)
    async with DnsServer(HOSTS, faults) as server:
        recording = await check(server, "alice@tmall.com")
    verdict = report_of(recording).verdict
    assert (verdict.outcome, verdict.fix_by) == (Outcome.INCONCLUSIVE, FixBy.SENDER_NETWORK)
    assert facts_of(recording).recipient.mx.kind is RouteKind.MX


async def test_a_resolver_that_hides_mx_records_gives_no_implicit_mx() -> None:
    zone = {"A shop.com": ["127.0.0.1"], "NS com": GIVEN["NS com"]}
    faults = dict.fromkeys(("MX shop.com", "MX gmail.com", "MX outlook.com"), Fault.NODATA_BY_TOP)
    async with DnsServer(zone, faults) as server:
        recording = await check(server, "alice@shop.com")
    facts, report = facts_of(recording), report_of(recording)
    assert (facts.recipient.mx.kind, facts.sessions) == (RouteKind.UNKNOWN, ())
    assert report.verdict.fix_by is FixBy.SENDER_NETWORK


async def test_a_true_denial_stands_with_what_corroborates_it() -> None:
    async with DnsServer(GIVEN, {"nosuch.com": DENY}) as server:
        recording = await check(server, "alice@nosuch.com")
        assert len([it for it in server.queries if f"{it.rtype} {it.name}" in CONTROLS]) == len(CONTROLS)
    report = report_of(recording)
    assert (report.verdict.outcome, report.verdict.cause) == (Outcome.REFUSED, "bad_domain")
    assert "NS com" in findings(report)["resolver-denial-corroborated"]
    assert any("gives what is known to exist" in it.text for it in report.causes[0].evidence_for)


async def test_a_true_denial_stands_where_nothing_corroborates_it() -> None:
    async with DnsServer({}, {"*": Fault.SERVFAIL, "nosuch.com": DENY}) as server:
        report = report_of(await check(server, "alice@nosuch.com"))
    assert (report.verdict.outcome, report.verdict.cause) == (Outcome.REFUSED, "bad_domain")
    assert not {"resolver-denial-corroborated", "resolver-denies"} & findings(report).keys()


@pytest.mark.parametrize("recipient", ["alice@example.cmo", "alice@mx.tmall.com", "alice@nosuch.example"])
async def test_nothing_is_asked_where_no_denial_decides_or_the_top_level_says_it(recipient: str) -> None:
    zone = {"MX mx.tmall.com": ["10 a.example."], "A a.example": ["127.0.0.1"]}
    async with DnsServer(zone) as server:
        await check(server, recipient)
        assert not any(it.rtype == "NS" and it.name for it in server.queries)
        assert asked(server) == set()


@pytest.mark.parametrize(("zone", "faults"), [*LIARS.values(), (GIVEN, {"nosuch.com": DENY})])
async def test_a_shared_recording_leads_to_the_same(
    zone: dict[str, list[str]], faults: dict[str, Fault]
) -> None:
    async with DnsServer(zone, faults) as server:
        recording = await check(server, "alice@nosuch.com")
    before, after = report_of(recording).verdict, report_of(redact(recording)).verdict
    for name in ("outcome", "stage", "cause", "band", "fix_by", "retry", "exit_code"):
        assert getattr(before, name) == getattr(after, name)


async def test_another_name_server_does_not_corroborate() -> None:
    faults = {"nosuch.com": DENY, **dict.fromkeys(CONTROLS, Fault.SILENCE)}
    async with DnsServer({}, faults) as first, DnsServer(GIVEN) as second:
        pair = PairTarget(parse_mailbox("bob@sender.example"), parse_mailbox("alice@nosuch.com"))
        servers = (first.endpoint, second.endpoint)
        options = Options(nameservers=servers, dnsbl_enabled=False, timeout=20, helo="a.test")
        report = report_of(await observe(pair, options, world=live(PACE)))
        assert asked(second) == CONTROLS
    assert (report.verdict.outcome, report.verdict.cause) == (Outcome.REFUSED, "bad_domain")
    assert "resolver-denial-corroborated" not in findings(report)
    assert not any("gives what is known to exist" in it.text for it in report.causes[0].evidence_for)
