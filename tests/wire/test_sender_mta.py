"""Runs in the place of this host's mail server, over loopback: whom they ask, and what that is worth."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe import settings
from probe.model.local_tool import Inquiry, T, ToolOutput, ToolReason, ToolWhy
from probe.model.report import Report
from probe.model.sender_mta import Hop, HopKind, MtaChoice, Route, RouteChoice, SenderMta, TlsLevel, TlsPolicy
from probe.recording.codec import decode, encode
from probe.recording.journal import Recording
from probe.run import observe, report_of
from probe.world import ToolRunner, live
from tests.support.dns_server import DnsServer
from tests.support.smtp_server import Script, SmtpServer, dialogue
from tests.unit.checks.vantage.test_sender_mta import MTA
from tests.wire.test_run import PAIR, QUICK, ZONE, options

HERE = ip_address("127.0.0.1")


def telling(mta: SenderMta) -> ToolRunner:
    """Tools that end every inquiry with this server."""

    async def tools(inquiry: Inquiry[T], *, budget: float) -> T:
        inquiry.close()
        return mta  # type: ignore[return-value]

    return tools


async def ask(own: SenderMta, *scripts: Script, **changes: object) -> tuple[Recording, Report, SmtpServer]:
    """One run as `own`, whose relay, where it has one, is the server of the scripts."""
    async with DnsServer(ZONE) as dns, SmtpServer(*(scripts or (dialogue(),))) as server:
        if own.route.kind is HopKind.RELAY:
            hop = Hop("127.0.0.1", server.port, False, (HERE,))
            own = replace(own, route=replace(own.route, hops=(hop,)))
        port = server.port if changes.pop("mx", False) else 1
        result = options(dns, port, helo=None, **changes)
        world = replace(live(QUICK), tools=telling(own))
        recording = await observe(PAIR, result, world=world)
    return recording, report_of(recording), server


def relaying(*, logs_in: bool = False, level: TlsLevel = TlsLevel.MAY) -> SenderMta:
    route = Route(HopKind.RELAY, "smtp", "postconf relayhost", (), logs_in)
    quiet = replace(MTA.source_v4, value=None)
    return replace(MTA, route=route, tls=TlsPolicy(level, "postconf x"), source_v4=quiet)


@pytest.fixture(autouse=True)
def _switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SMTP_PROBE_MTA", raising=False)


async def test_a_private_relay_is_asked_on_its_port_by_the_servers_name() -> None:
    recording, report, server = await ask(relaying(), allow_private=False)
    assert server.dialogues[0][0] == "EHLO mail.example.org"
    assert report.verdict.outcome == "accepted"
    assert report.findings[0].tag == "mta-relays"
    assert report.target.sender_mta is not None
    assert report.target.sender_mta.relay_asked
    again = Recording.of(decode(encode(event)) for event in recording)
    assert report_of(again) == report


async def test_what_the_relay_refuses_is_the_senders_to_mend() -> None:
    refused = "554 5.7.1 <alice@recipient.example>: Relay access denied"
    _, report, _ = await ask(relaying(), dialogue(rcpt=refused))
    verdict = report.verdict
    assert (verdict.outcome, verdict.fix_by, verdict.exit_code) == ("refused", "sender", 1)
    assert "the relay of this host" in verdict.summary


async def test_a_relay_that_is_to_be_logged_in_to_hears_no_address() -> None:
    _, report, server = await ask(relaying(logs_in=True), dialogue(ehlo="250-mx.test\n250 AUTH PLAIN"))
    assert [line.split()[0] for line in server.dialogues[0][:2]] == ["EHLO", "QUIT"]
    verdict = report.verdict
    assert (verdict.outcome, verdict.stage, verdict.fix_by, verdict.exit_code) == (
        *("inconclusive", "ehlo", "nobody"),
        4,
    )
    assert "is to be logged in to" in verdict.summary
    assert report.next_test is not None
    assert report.next_test.command is not None
    assert "--route mx" in report.next_test.command


async def test_a_relay_that_offers_no_login_is_asked_as_the_server_would() -> None:
    _, report, _ = await ask(relaying(logs_in=True))
    assert report.verdict.outcome == "accepted"


async def test_tls_that_the_server_demands_and_does_not_get_defers_its_mail() -> None:
    _, report, server = await ask(relaying(level=TlsLevel.ENCRYPT))
    assert [line.split()[0] for line in server.dialogues[0][:2]] == ["EHLO", "QUIT"]
    verdict = report.verdict
    assert (verdict.outcome, verdict.cause, verdict.exit_code) == ("deferred", "tls_problem", 3)
    assert "Postfix on this host, which demands TLS" in verdict.summary


async def test_the_mx_is_asked_in_the_servers_name_where_that_is_wanted() -> None:
    _, report, server = await ask(relaying(), mx=True, route=RouteChoice.MX)
    assert server.dialogues[0][0] == "EHLO mail.example.org"
    assert "mta-relays-mx-asked" in {finding.tag for finding in report.findings}


async def test_none_asks_no_tool() -> None:
    _, report, _ = await ask(relaying(), mx=True, mta=MtaChoice.NONE)
    assert report.target.sender_mta is None


async def test_the_switch_of_the_environment_holds_but_where_a_server_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SMTP_PROBE_MTA", "none")
    _, report, _ = await ask(relaying(), mx=True)
    assert report.target.sender_mta is None
    _, report, _ = await ask(relaying(), mta=MtaChoice.POSTFIX)
    assert report.target.sender_mta is not None


async def test_a_short_run_leaves_its_time_to_the_servers() -> None:
    budgets: list[float] = []

    async def tools(inquiry: Inquiry[T], *, budget: float) -> T:
        budgets.append(budget)
        inquiry.close()
        return MTA  # type: ignore[return-value]

    async with DnsServer(ZONE) as dns, SmtpServer(dialogue(), dialogue()) as server:
        for timeout in (5, 60):
            own = options(dns, server.port, timeout=timeout)
            await observe(PAIR, own, world=replace(live(QUICK), tools=tools))
    assert 0 < budgets[0] <= 1
    assert budgets[1] == settings.LOCAL_TOOLS_TIMEOUT


async def test_tools_that_do_not_tell_are_named_and_nothing_else_changes() -> None:
    async def tools(inquiry: Inquiry[T], *, budget: float) -> T:
        late = ToolOutput(exit_code=None, failure=ToolWhy(ToolReason.LATE, seconds=2))
        calls = next(inquiry)
        try:
            while True:
                calls = inquiry.send(tuple(late for _ in calls))
        except StopIteration as stop:
            texts: T = stop.value
            return texts

    async with DnsServer(ZONE) as dns, SmtpServer(dialogue()) as server:
        recording = await observe(PAIR, options(dns, server.port), world=replace(live(QUICK), tools=tools))
    report = report_of(recording)
    assert report.verdict.outcome == "accepted"
    (finding,) = [it for it in report.findings if it.id == "sender-mta"]
    assert (finding.tag, finding.severity) == ("mta-not-read", "not_assessed")
    assert "took longer than 2 s" in finding.message
