"""Runs as a mail server that hands on what it cannot leave, over loopback: whom they ask in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe import settings
from probe.model.report import Report
from probe.model.sender_mta import FallbackBy, Hop, MtaSoftware, SenderMta
from probe.model.session import Experiment
from probe.model.target import ControlsMode
from probe.recording.codec import decode, encode
from probe.recording.journal import Recording
from probe.recording.redact import redact
from probe.run import observe, report_of
from probe.world import live
from tests.support.dns_server import DnsServer
from tests.support.smtp_server import Script, SmtpServer, dialogue
from tests.unit.checks.vantage.test_sender_mta import MTA
from tests.wire.test_run import PAIR, QUICK, ZONE, options
from tests.wire.test_sender_mta import telling

HERE = ip_address("127.0.0.1")
LATER = "451 4.3.0 try again later"
ONE_MX: dict[str, Sequence[str]] = {**ZONE, "MX recipient.example": ["10 mx.recipient.example."]}
NO_DOMAIN = {name: rows for name, rows in ZONE.items() if "recipient" not in name}


def handing_on(*hops: Hop, by: FallbackBy = FallbackBy.POSTFIX, logs_in: bool = False) -> SenderMta:
    route = replace(MTA.route, fallback=hops, fallback_by=by, authenticates=logs_in)
    return replace(MTA, route=route, source_v4=replace(MTA.source_v4, value=None))


@pytest.fixture(autouse=True)
def _switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SMTP_PROBE_MTA", raising=False)


async def ask(
    *answers: Script,
    mx: Script | None = None,
    zone: dict[str, Sequence[str]] = ONE_MX,
    own: SenderMta | None = None,
    hops: Sequence[Hop] = (Hop("127.0.0.1", 0, False, (HERE,)),),
    **changes: object,
) -> tuple[Recording, Report, list[list[str]]]:
    """One run: the MX host has the script `mx`, the relay `answers`. Returns what the relay dialogues."""
    servers = (SmtpServer(mx or dialogue(rcpt=LATER)), SmtpServer(*(answers or (dialogue(),))))
    async with DnsServer(zone) as dns, servers[0] as first, servers[1] as second:
        places = tuple(replace(hop, port=hop.port or second.port) for hop in hops)
        own = own or handing_on()
        own = replace(own, route=replace(own.route, fallback=places))
        chosen = options(dns, first.port, helo=None, controls=ControlsMode.AUTO, **changes)
        recording = await observe(PAIR, chosen, world=replace(live(QUICK), tools=telling(own)))
        return recording, report_of(recording), second.dialogues


def experiments(report: Report) -> list[Experiment]:
    return [session.experiment for session in report.sessions]


async def test_what_the_mx_defers_is_asked_for_at_the_relay_which_decides() -> None:
    recording, report, dialogues = await ask()
    assert [line.split()[0] for line in dialogues[0]] == ["EHLO", "MAIL", "RCPT", "QUIT"]
    assert dialogues[0][0] == "EHLO mail.example.org"
    assert (report.verdict.outcome, report.verdict.exit_code) == ("accepted", 0)
    assert "the fallback relay of this host" in report.verdict.summary
    assert experiments(report) == [Experiment.TARGET, Experiment.FALLBACK]
    mta = report.target.sender_mta
    assert mta is not None
    assert (mta.fallback_asked, mta.fallback_by, len(mta.fallback_relays)) == (
        True,
        "smtp_fallback_relay",
        1,
    )
    assert report_of(Recording.of(decode(encode(event)) for event in recording)) == report
    again = report_of(redact(recording))
    assert (again.verdict.outcome, experiments(again)) == ("accepted", experiments(report))


@pytest.mark.parametrize(
    ("answer", "outcome", "exit_code"),
    [("554 5.7.1 Relay access denied", "refused", 1), ("450 4.2.0 Greylisted", "deferred", 3)],
)
async def test_what_the_relay_says_is_for_who_runs_it(answer: str, outcome: str, exit_code: int) -> None:
    _, report, _ = await ask(dialogue(rcpt=answer))
    verdict = report.verdict
    assert (verdict.outcome, verdict.exit_code, verdict.fix_by) == (outcome, exit_code, "sender")
    assert verdict.reply == answer
    assert report.contact_note == ""  # the postmaster of the recipient does not run it


async def test_no_connection_and_no_domain_go_to_the_relay_too() -> None:
    _, report, dialogues = await ask(zone=NO_DOMAIN)
    assert report.verdict.outcome == "accepted"
    assert experiments(report) == [Experiment.FALLBACK]
    exim = replace(handing_on(by=FallbackBy.EXIM), software=MtaSoftware.EXIM)
    _, report, dialogues = await ask(zone=NO_DOMAIN, own=exim)
    assert (report.verdict.outcome, dialogues) == ("refused", [])


@pytest.mark.parametrize("answer", ["250 2.1.5 ok", "550 5.1.1 user unknown"])
async def test_a_last_word_of_the_mx_is_not_handed_on(answer: str) -> None:
    _, report, dialogues = await ask(mx=dialogue(rcpt=answer))
    assert dialogues == []
    assert Experiment.FALLBACK not in experiments(report)


async def test_a_relay_without_brackets_is_asked_at_its_mx() -> None:
    zone: dict[str, Sequence[str]] = {
        **ONE_MX,
        "MX relay.example": ["10 in.relay.example."],
        "A in.relay.example": ["127.0.0.1"],
    }
    _, report, dialogues = await ask(zone=zone, hops=(Hop("relay.example", 0, True),))
    assert dialogues
    assert report.sessions[-1].mx_host == "in.relay.example"
    assert report.verdict.outcome == "accepted"


async def test_a_relay_that_defers_or_is_gone_is_followed_by_the_next() -> None:
    gone, here = Hop("gone.relay.example", 0, True), Hop("127.0.0.1", 0, False, (HERE,))
    _, report, dialogues = await ask(dialogue(rcpt=LATER), dialogue(), hops=(gone, here, here, here))
    assert len(dialogues) == 2
    assert report.verdict.outcome == "accepted"
    _, report, dialogues = await ask(dialogue(rcpt=LATER), hops=(here,) * 4)
    assert len(dialogues) == 2  # and no more than two are talked to
    assert report.verdict.outcome == "deferred"


async def test_a_relay_that_cannot_be_connected_to_leaves_it_open() -> None:
    closed = Hop("127.0.0.1", 9, False, (HERE,))
    _, report, dialogues = await ask(hops=(closed, closed))
    assert dialogues == []
    assert (report.verdict.outcome, report.verdict.exit_code) == ("inconclusive", 4)
    assert "to 127.0.0.1, which did not answer here" in report.verdict.summary
    assert report.next_test is not None
    assert "--mx 127.0.0.1:9" in (report.next_test.command or "")


async def test_a_relay_that_is_to_be_logged_in_to_hears_no_address() -> None:
    _, report, dialogues = await ask(
        dialogue(ehlo="250-mx.test\n250 AUTH PLAIN"), own=handing_on(logs_in=True)
    )
    assert [line.split()[0] for line in dialogues[0][:2]] == ["EHLO", "QUIT"]
    assert (report.verdict.outcome, report.verdict.exit_code) == ("inconclusive", 4)
    assert "--route mx" in ((report.next_test and report.next_test.command) or "")


async def test_the_limit_of_sessions_holds_for_all_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MAX_SESSIONS", 1)
    _, report, dialogues = await ask()
    assert dialogues == []
    assert report.verdict.outcome == "inconclusive"
    assert "which was not asked" in report.verdict.summary


async def test_a_relay_without_an_address_leaves_the_mail_in_the_queue() -> None:
    recording, report, dialogues = await ask(hops=(Hop("nowhere.example", 25),))
    verdict = report.verdict
    assert (verdict.outcome, verdict.exit_code, verdict.fix_by) == ("deferred", 3, "sender")
    assert verdict.summary_tags == ("own_fallback_nowhere",)
    assert (
        "nowhere.example, for which DNS has no address (before that, mx.recipient.example" in verdict.summary
    )
    assert LATER in verdict.summary
    assert dialogues == []
    assert report_of(redact(recording)).verdict.summary_tags == verdict.summary_tags
