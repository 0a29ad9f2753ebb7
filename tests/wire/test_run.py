"""Whole runs over loopback: `probe.run.observe` with a real resolver and real sockets, then the report."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe.facts.build import facts_of
from probe.model.address import NullReversePath
from probe.model.address_parse import parse_mailbox
from probe.model.report import Report
from probe.model.target import DomainTarget, Endpoint, Options, PairTarget, Target, TlsMode
from probe.model.verdict import Outcome
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.run import observe, report_of
from probe.settings import PACE, Pace, SmtpBudgets
from probe.standards.dns.message import Answer, Question, Status
from probe.world import live
from tests.support.dns_server import DnsServer, Fault
from tests.support.smtp_server import Script, SmtpServer, dialogue, drop, say, silence

BOB = parse_mailbox("bob@sender.example")
ALICE = parse_mailbox("alice@recipient.example")
PAIR = PairTarget(BOB, ALICE)
ZONE: dict[str, Sequence[str]] = {
    "MX recipient.example": ["10 mx.recipient.example.", "20 backup.recipient.example."],
    "A mx.recipient.example": ["127.0.0.1"],
    "A backup.recipient.example": ["127.0.0.1"],
    "MX sender.example": ["10 mail.sender.example."],
    "A mail.sender.example": ["127.0.0.1"],
    "TXT sender.example": ['"v=spf1 include:_spf.sender.example a:mail.sender.example -all"'],
    "TXT _spf.sender.example": ['"v=spf1 ip4:192.0.2.0/24 -all"'],
    "TXT _dmarc.sender.example": ['"v=DMARC1; p=reject"'],
    "PTR 1.0.0.127.in-addr.arpa": ["mail.sender.example."],
    "PTR 9.2.0.192.in-addr.arpa": ["out.sender.example."],
    "A out.sender.example": ["192.0.2.9"],
    "A 2.0.0.127.bl.example": ["127.0.0.2"],
    "TXT _smtp._tls.recipient.example": ['"v=TLSRPTv1; rua=mailto:tls@recipient.example"'],
    "TXT _mta-sts.recipient.example": ['"v=STSv1; id=1;"'],
    "A mta-sts.recipient.example": ["127.0.0.1"],
}
MESSAGE = b"""From: Bob <news@brand.example>\r
DKIM-Signature: v=1; a=rsa-sha256; d=brand.example; s=k1; h=from; bh=AA==; b=AA==\r
Subject: Minutes\r
\r
see https://www.link.example/x\r
"""
QUICK = replace(PACE, session_spacing=0.0)
EVERY_STAGE_HALF_A_SECOND = SmtpBudgets(*[0.5] * 8)


def options(dns: DnsServer, port: int, **changes: object) -> Options:
    """Options of a test: its own resolver and port, loopback allowed, one blocklist, a fixed seed."""
    result = Options(
        nameservers=(dns.endpoint,),
        port=port,
        allow_private=True,
        dnsbl=("bl.example",),
        timeout=20,
        seed=7,
        helo="mail.sender.example",
    )
    return replace(result, **changes)  # type: ignore[arg-type]


async def run(
    *scripts: Script,
    zone: Mapping[str, Sequence[str]] = ZONE,
    target: Target = PAIR,
    message: bytes | None = None,
    pace: Pace = QUICK,
    faults: Mapping[str, Fault] | None = None,
    secure: bool = False,
    **changes: object,
) -> tuple[Recording, Report, SmtpServer]:
    """One run against scripts, one a connection, and its report."""
    async with (
        DnsServer(zone, faults, authenticated=secure) as dns,
        SmtpServer(*(scripts or (dialogue(),))) as server,
    ):
        result = options(dns, server.port, **changes)
        if changes.get("mx") == "fixed":
            result = replace(result, mx=Endpoint("mx.recipient.example", server.port))
        argument = ("mail.eml", message) if message is not None else None
        recording = await observe(target, result, message=argument, world=live(pace))
    return recording, report_of(recording), server


def asked_by_facts_alone(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> list[Question]:
    """The questions that facts ask of a recording and the live run did not."""
    missing: list[Question] = []
    answer = Recording.answer

    def watched(self: Recording, question: Question) -> Answer:
        result = answer(self, question)
        if result.status is Status.NOT_ASKED:
            missing.append(question)
        return result

    monkeypatch.setattr(Recording, "answer", watched)
    facts_of(recording)
    return missing


RUNS: dict[str, dict[str, object]] = {
    "the defaults": {},
    "another sending address": {"ip": ip_address("192.0.2.9")},
    "an IPv6 sending address": {"ip": ip_address("2001:db8::9")},
    "no EHLO name given": {"helo": None},
    "another From": {"header_from": parse_mailbox("news@brand.example")},
    "selectors": {"selectors": ("s1", "s2")},
    "a message": {"message": MESSAGE, "header_from": parse_mailbox("news@brand.example")},
    "the null reverse-path": {"target": PairTarget(NullReversePath(), ALICE)},
    "the null reverse-path with a From": {
        "target": PairTarget(NullReversePath(), ALICE),
        "header_from": parse_mailbox("news@brand.example"),
    },
    "a recipient at an address literal": {"target": PairTarget(BOB, parse_mailbox("alice@[127.0.0.1]"))},
    "a sender at an address literal": {"target": PairTarget(parse_mailbox("bob@[127.0.0.1]"), ALICE)},
    "--mx": {"mx": "fixed"},
    "one family": {"families": (4,)},
    "no dialogue": {"smtp": False},
    "no blocklists": {"dnsbl_enabled": False},
    "the built-in blocklists": {"dnsbl": ()},
    "a domain": {"target": DomainTarget("recipient.example")},
    "signed answers": {"secure": True},
    "an unknown recipient domain": {"target": PairTarget(BOB, parse_mailbox("alice@nowhere.example"))},
    "the same domain on both sides": {"target": PairTarget(BOB, parse_mailbox("alice@sender.example"))},
}


@pytest.mark.parametrize("choices", RUNS.values(), ids=RUNS)
async def test_facts_ask_nothing_that_the_live_run_did_not(
    choices: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    recording, report, _ = await run(**choices)  # type: ignore[arg-type]
    assert report.complete
    assert asked_by_facts_alone(recording, monkeypatch) == []


async def test_the_recipient_is_asked_before_the_sender() -> None:
    recording, _, _ = await run()
    kinds = [type(event) for event in recording]
    names = [event.answer.question.name for event in recording.all(ev.DnsAnswered)]
    assert names[0] == "recipient.example"
    opened = kinds.index(ev.SessionOpened)
    before = {
        event.answer.question.name for event in list(recording)[:opened] if isinstance(event, ev.DnsAnswered)
    }
    assert before and all(name.endswith("recipient.example") for name in before)


async def test_the_name_for_ehlo_is_looked_up_while_the_server_is_dialled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("probe.collect.live.RECIPIENT_FIRST", 30.0)  # however slow the machine is
    recording, _, server = await run(helo=None)
    kinds = [type(event) for event in recording]
    assert kinds.index(ev.SessionOpened) < kinds.index(ev.Vantage)
    (vantage,) = recording.all(ev.Vantage)
    assert server.lines[0] == f"EHLO {vantage.helo}"


async def test_an_accepted_pair() -> None:
    _, report, server = await run()
    verdict = report.verdict
    assert (verdict.outcome, verdict.stage, verdict.cause, verdict.exit_code) == ("accepted", "rcpt", None, 0)
    assert server.verbs == ["EHLO", "MAIL", "RCPT", "QUIT"]
    assert report.not_reached == ()


@pytest.mark.parametrize(
    ("script", "outcome", "stage", "cause", "exit_code"),
    [
        (dialogue(rcpt="550 5.1.1 <a@b>: Recipient address rejected: User unknown in local recipient table"),
         "refused", "rcpt", "user_unknown", 1),
        (dialogue(rcpt="450 4.2.0 <a@b>: Recipient address rejected: Greylisted, see http://postgrey.example"),
         "deferred", "rcpt", "greylisted", 3),
        (dialogue(mail="550 5.1.8 <x@y>: Sender address rejected: Domain not found"),
         "refused", "mail", "sender_invalid", 1),
    ],
)  # fmt: skip
async def test_a_refusal_is_told_by_outcome_stage_cause_and_code(
    script: Script, outcome: str, stage: str, cause: str, exit_code: int
) -> None:
    _, report, server = await run(script)
    verdict = report.verdict
    assert (verdict.outcome, verdict.stage, verdict.cause, verdict.exit_code) == (
        outcome,
        stage,
        cause,
        exit_code,
    )
    assert len(server.dialogues) == 1, "the words settle the cause, so nothing more is asked"


async def test_a_listed_address_that_is_accepted_is_at_risk() -> None:
    _, report, _ = await run(zone=ZONE | {"A 1.0.0.127.bl.example": ["127.0.0.1"]})
    assert report.verdict.exit_code == 0, "127.0.0.1 listed means that the list is unusable (RFC 5782)"
    zone = ZONE | {"A 9.2.0.192.bl.example": ["127.0.0.2"]}
    _, report, _ = await run(zone=zone, ip=ip_address("192.0.2.9"))
    assert (report.verdict.exit_code, report.verdict.cause) == (5, "ip_blocklisted")
    assert report.verdict.after_data_risks[0].cause == "ip_blocklisted"


async def test_everybody_unknown_is_tested_and_is_not_about_one_mailbox() -> None:
    always = dialogue(rcpt=("554 5.0.0 user unknown", "554 5.0.0 user unknown"))
    _, report, server = await run(always)
    assert report.verdict.cause == "bad_domain"
    assert "RCPT TO:<postmaster@recipient.example>" in server.lines
    assert [session.experiment for session in report.sessions] == ["target", "postmaster", "null_sender"]


async def test_a_silent_dns_server_is_inconclusive_and_says_what_was_not_reached() -> None:
    recording, report, server = await run(faults={"*": Fault.SILENCE}, timeout=2.5)
    assert (report.verdict.outcome, report.verdict.stage, report.verdict.exit_code) == (
        "inconclusive",
        "dns",
        4,
    )
    assert not report.complete
    assert {part.part for part in report.not_reached} >= {"sessions", "blocklists", "sender policy"}
    assert all(part.reason == "the deadline of the run" for part in report.not_reached)
    assert server.dialogues == []
    assert report_of(Recording.of(recording)) == report


@pytest.mark.parametrize("smtp", [True, False])
async def test_of_a_domain_nothing_is_missed_that_is_never_asked(smtp: bool) -> None:
    _, report, _ = await run(target=DomainTarget("recipient.example"), smtp=smtp, timeout=0.001)
    assert {it.part for it in report.not_reached} <= {"transport security", "sessions", "opinions"}
    assert not report.complete


async def test_a_silent_mail_server_at_the_deadline() -> None:
    _, report, server = await run([silence()], timeout=2.5)
    assert (report.verdict.outcome, report.verdict.stage, report.verdict.exit_code) == (
        "inconclusive",
        "greeting",
        4,
    )
    assert len(server.dialogues) >= 1
    assert report.sessions[0].ended == "deadline"


async def test_a_silent_mail_server_within_its_budget_is_asked_at_its_next_host() -> None:
    pace = replace(QUICK, smtp=EVERY_STAGE_HALF_A_SECOND)
    _, report, server = await run([silence()], pace=pace)
    assert (report.verdict.cause, report.verdict.exit_code) == ("connection_failed", 4)
    assert {session.mx_host for session in report.sessions} == {
        "mx.recipient.example",
        "backup.recipient.example",
    }
    assert len(server.dialogues) == 2


async def test_a_run_that_is_cancelled_as_its_parts_begin_leaves_nothing_unawaited() -> None:
    def end(_: str) -> None:
        work.cancel()

    async with DnsServer(ZONE) as dns:
        with warnings.catch_warnings(record=True) as complaints:
            warnings.simplefilter("always")
            work = asyncio.ensure_future(observe(PAIR, options(dns, 9), world=live(QUICK), progress=end))
            with pytest.raises(asyncio.CancelledError):
                await work
            gc.collect()
    assert [str(it.message) for it in complaints if "never awaited" in str(it.message)] == []


async def test_a_cancelled_run_keeps_what_it_saw_and_closes_its_sockets() -> None:
    recordings: list[Recording] = []
    async with DnsServer(ZONE) as dns, SmtpServer([silence()]) as server:
        work = asyncio.ensure_future(
            observe(PAIR, options(dns, server.port), recording_to=recordings.append, world=live(QUICK))
        )
        while not server.dialogues:
            await asyncio.sleep(0.01)
        work.cancel()
        with pytest.raises(asyncio.CancelledError), warnings.catch_warnings():
            warnings.simplefilter("error", ResourceWarning)
            await work
        await asyncio.wait_for(server.finished(), 5)  # ends only when the probe has closed its side
    report = report_of(recordings[0])
    assert report.verdict.exit_code == 4
    assert "sessions" in {part.part for part in report.not_reached}
    assert {part.reason for part in report.not_reached} == {"the run was interrupted"}
    gc.collect()


async def test_tls_required_but_not_offered_is_inconclusive() -> None:
    _, report, _ = await run(tls=TlsMode.REQUIRE)
    assert (report.verdict.cause, report.verdict.stage, report.verdict.exit_code) == (
        "tls_problem",
        "starttls",
        4,
    )
    assert report.verdict.reply is None


async def test_a_host_that_puts_off_is_followed_by_the_next() -> None:
    busy = [say("421 4.7.0 mx.test Error: too many connections from 192.0.2.9"), drop()]
    _, report, _ = await run(busy, dialogue())
    assert (report.verdict.outcome, report.verdict.exit_code) == ("accepted", 0)
    assert [session.mx_host for session in report.sessions] == [
        "mx.recipient.example",
        "backup.recipient.example",
    ]


async def test_every_prefix_of_a_run_gives_a_report() -> None:
    refused = dialogue(rcpt=("550 5.0.0 Rejected", "550 5.1.1 User unknown"))
    recording, report, _ = await run(refused, message=MESSAGE)
    events = list(recording)
    outcomes = [report_of(Recording.of(events[: n + 1])).verdict.outcome for n in range(len(events))]
    assert len(events) > 40
    assert outcomes[0] == "inconclusive"
    assert outcomes[-1] == report.verdict.outcome == "refused"
    assert "accepted" not in outcomes, "what has not been seen yet is never taken for a yes"
    refused_at = outcomes.index(Outcome.REFUSED)
    assert set(outcomes[:refused_at]) == {"inconclusive"}
    assert set(outcomes[refused_at:]) == {"refused"}
    assert report_of(recording) == report
