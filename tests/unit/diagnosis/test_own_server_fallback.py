"""Relays that the local mail server hands mail on to: when it does, and whose answer then counts."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe.checks.catalogue import findings_of
from probe.diagnosis.checklist import checklist
from probe.diagnosis.next_test import next_test
from probe.diagnosis.verdict import diagnose
from probe.facts.fallback import at_fallback
from probe.facts.model import Facts
from probe.facts.session import Session
from probe.model.observed import EndCause, SessionReason
from probe.model.reason import Reason
from probe.model.reply import Reply, Stage
from probe.model.report import Verdict
from probe.model.sender_mta import (
    FallbackBy,
    Hop,
    HopKind,
    MtaSoftware,
    OwnAddresses,
    Route,
    RouteChoice,
    SenderMta,
    TlsLevel,
    TlsPolicy,
)
from probe.model.session import EndReason, Experiment, Stop
from probe.model.target import Options
from probe.standards.dns.message import RecordType, Status
from probe.standards.dns.results import MxResult, RouteKind
from probe.survey.sending import fallbacks
from tests.support import facts as make
from tests.unit.checks.vantage.test_sender_mta import MTA
from tests.unit.diagnosis.own_cases import FALLBACK_NOWHERE, FALLBACK_UNKNOWN
from tests.unit.diagnosis.test_outcome import met

FIRST, SECOND = Hop("192.0.2.77", 587, False, (ip_address("192.0.2.77"),)), Hop("b.example", 25, True)
BACKUP = ip_address("8.8.4.99")
SOFTWARE = {FallbackBy.POSTFIX: MtaSoftware.POSTFIX, FallbackBy.EXIM: MtaSoftware.EXIM}

GREETING_450 = met(Stage.GREETING, make.reply(450, "4.3.2 later"))
GREETING_554 = met(Stage.GREETING, make.reply(554, "5.7.1 no"))
RCPT_451 = met(Stage.RCPT, make.reply(451, "4.3.0 later"))
RCPT_550 = met(Stage.RCPT, make.reply(550, "5.1.1 user unknown"))
DROPPED = met(Stage.GREETING, None, end=EndReason.RESET)
SILENT = make.session(connected=False, exchanges=(), end=EndReason.TIMEOUT, tls=None)
OK = met(Stage.RCPT, make.reply(250, "ok"))
DNS = {
    "no_domain": make.mx_result(RouteKind.NO_DOMAIN),
    "null_mx": make.mx_result(RouteKind.NULL_MX),
    "servfail": make.mx_result(
        RouteKind.UNKNOWN, answers=(make.answer("recipient.example", RecordType.MX, status=Status.SERVFAIL),)
    ),
}
SESSIONS = {
    "450 greeting": GREETING_450,
    "554 greeting": GREETING_554,
    "451 rcpt": RCPT_451,
    "550 rcpt": RCPT_550,
    "reset": DROPPED,
    "timeout": SILENT,
    "accepted": OK,
}
# What real servers did with each (tests/lab/sender_cases_rewriting.py runs them).
ALWAYS = {"450 greeting", "451 rcpt", "reset", "timeout"}
HANDED_ON = {
    FallbackBy.POSTFIX: {*ALWAYS, "no_domain", "null_mx", "servfail"},
    FallbackBy.EXIM: ALWAYS,
    FallbackBy.SENDMAIL_MX: {*ALWAYS, "554 greeting", "no_domain", "servfail"},
    FallbackBy.SENDMAIL_SMART_HOST: {"timeout", "no_domain"},
}


def handing_on(by: FallbackBy | None = FallbackBy.POSTFIX, **changes: object) -> SenderMta:
    route = replace(MTA.route, fallback=(FIRST, SECOND), fallback_by=by)
    software = SOFTWARE.get(by, MtaSoftware.SENDMAIL) if by is not None else MtaSoftware.POSTFIX
    return replace(MTA, software=software, route=route, **changes)  # type: ignore[arg-type]


def handed_on(number: int, stage: Stage, reply: Reply | None, hop: Hop = FIRST, **changes: object) -> Session:
    """A session with a relay: the first with it."""
    texts: dict[str, object] = {
        "mx_host": hop.host,
        "port": hop.port,
        "experiment": Experiment.FALLBACK,
        "reason": Reason(SessionReason.HANDED_ON, host=hop.host),
    }
    return met(stage, reply, number, **(texts | changes))


def verdict_of(facts: Facts) -> Verdict:
    return diagnose(facts, findings_of(facts)).verdict


def facts_after(*sessions: Session, mta: SenderMta | None = None, **changes: object) -> Facts:
    texts: dict[str, object] = {"user_options": Options(), "mta": mta or handing_on()}
    return make.facts(sessions=sessions, **(texts | changes))


@pytest.mark.parametrize("by", list(FallbackBy))
@pytest.mark.parametrize("what", [*DNS, *SESSIONS])
def test_what_is_handed_on_and_was_not_asked_is_open(by: FallbackBy, what: str) -> None:
    facts = (
        facts_after(mta=handing_on(by), recipient=make.recipient_facts(mx=DNS[what])) if what in DNS else None
    )
    facts = facts or facts_after(SESSIONS[what], mta=handing_on(by))
    verdict = verdict_of(facts)
    is_open = "own_fallback" in verdict.summary_tags
    assert is_open == (what in HANDED_ON[by])
    if is_open:
        assert (verdict.outcome, verdict.exit_code, verdict.fix_by) == ("inconclusive", 4, "sender")
        assert "hands what it cannot leave there now to 192.0.2.77, b.example" in verdict.summary
        test = next_test(facts, diagnose(facts, ()))
        assert test is not None
        assert test.command is not None
        assert "--mx 192.0.2.77:587 --allow-private" in test.command


def test_a_recording_of_an_earlier_version_names_no_setting() -> None:
    assert verdict_of(facts_after(RCPT_451, mta=handing_on(None))).outcome == "inconclusive"


@pytest.mark.parametrize(
    "facts",
    [
        facts_after(RCPT_451, options=Options(route=RouteChoice.MX)),
        facts_after(RCPT_451, mta=MTA),
        # an MX host of the domain itself hands nothing on
        facts_after(RCPT_451, mta=handing_on(own=OwnAddresses((BACKUP,)))),
    ],
)
def test_who_hands_nothing_on_has_the_answer_of_the_mx(facts: Facts) -> None:
    backup = make.mx_host("b.d.example", BACKUP, preference=20)
    mx = make.mx_result(RouteKind.MX, make.mx_host(), backup)
    facts = replace(facts, recipient=make.recipient_facts(mx=mx))
    assert verdict_of(facts).outcome == "deferred"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (make.reply(250, "ok"), ("accepted", 0, None, "nobody")),
        (make.reply(554, "5.7.1 Relay access denied"), ("refused", 1, "relay_denied", "sender")),
        (make.reply(450, "4.2.0 Greylisted"), ("deferred", 3, "greylisted", "sender")),
    ],
)
def test_the_last_server_decides(reply: Reply, expected: tuple[str, int, str | None, str]) -> None:
    facts = facts_after(RCPT_451, handed_on(2, Stage.RCPT, reply))
    verdict = verdict_of(facts)
    assert (verdict.outcome, verdict.exit_code, verdict.cause, verdict.fix_by) == expected
    assert "192.0.2.77 [" in verdict.summary
    assert "the fallback relay of this host (before it, mx1.recipient.example [" in verdict.summary
    assert "answered at RCPT: 451 4.3.0 later)" in verdict.summary
    assert at_fallback(facts).relay == (FIRST,)


@pytest.mark.parametrize("is_open", [True, False])
def test_the_checklist_contradicts_nothing_that_the_verdict_says(is_open: bool) -> None:
    """The MX was asked before the fallback relay; and nobody decided while that one was not asked."""
    denial = handed_on(2, Stage.RCPT, make.reply(554, "5.7.1 Relay access denied"))
    facts = facts_after(RCPT_451) if is_open else facts_after(RCPT_451, denial)
    diagnosis = diagnose(facts, findings_of(facts))
    advice = [it.do for it in checklist(diagnosis, ()) if it.step == 8]
    assert advice == [
        "Not its postmaster's affair: this host's own mail server decides what becomes of it."
        if is_open
        else "Ask whoever runs the relay: the recipient's side cannot mend it."
    ]


def test_the_second_relay_counts_by_what_holds_for_it() -> None:
    """The first did not connect. The second demands TLS, and its policy is that of its own."""
    policies = (TlsPolicy(TlsLevel.NONE, "s"), TlsPolicy(TlsLevel.ENCRYPT, "s"))
    mta = handing_on()
    mta = replace(mta, route=replace(mta.route, fallback_tls=policies))
    silent = handed_on(2, Stage.GREETING, None, connected=False, exchanges=(), end=EndReason.TIMEOUT)
    plain = handed_on(
        3, Stage.EHLO, make.reply(250, "mx"), SECOND, cause=Reason(EndCause.STOP, stop=Stop.TLS_NOT_OFFERED)
    )
    facts = facts_after(RCPT_451, silent, plain, mta=mta)
    verdict = verdict_of(facts)
    assert (verdict.outcome, verdict.cause, verdict.exit_code) == ("deferred", "tls_problem", 3)
    assert at_fallback(facts).relay == (SECOND,)


@pytest.mark.parametrize(
    ("mx", "says"),
    [
        (DNS["no_domain"], "the domain recipient.example does not exist"),
        (DNS["null_mx"], "recipient.example publishes a null MX"),
        (DNS["servfail"], "DNS gave no usable answer for recipient.example"),
    ],
)
def test_what_dns_had_said_before_is_told(mx: MxResult, says: str) -> None:
    taken = handed_on(2, Stage.RCPT, make.reply(250, "ok"))
    facts = facts_after(taken, recipient=make.recipient_facts(mx=mx))
    assert f"the fallback relay of this host (before it, {says}" in verdict_of(facts).summary


def test_no_connection_before_is_told() -> None:
    facts = facts_after(SILENT, handed_on(2, Stage.RCPT, make.reply(250, "ok")))
    assert "(before it, no MX host of recipient.example could be connected to (" in verdict_of(facts).summary


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (FallbackBy.POSTFIX, ("deferred", 3)),
        (FallbackBy.EXIM, ("deferred", 3)),
        (FallbackBy.SENDMAIL_MX, ("refused", 1)),
        (FallbackBy.SENDMAIL_SMART_HOST, ("refused", 1)),
    ],
)
def test_a_relay_without_an_address(by: FallbackBy, expected: tuple[str, int]) -> None:
    """Postfix and Exim keep the mail; sendmail sends it back, as the lab shows."""
    hosts = (FALLBACK_NOWHERE, FALLBACK_UNKNOWN)
    nowhere, unknown = (replace(it, mta=handing_on(by), sessions=(SILENT,)) for it in hosts)
    verdict = verdict_of(nowhere)
    assert (verdict.outcome, verdict.exit_code) == expected
    assert (verdict.cause, verdict.fix_by, verdict.reply) == ("server_error", "sender", None)
    assert "for which DNS has no address (before that, no MX host of recipient.example" in verdict.summary
    assert next_test(nowhere, diagnose(nowhere, ())) is None
    assert verdict_of(unknown).summary_tags == ("own_fallback",)


def test_sendmail_sends_back_what_the_relay_puts_off_if_no_mx_host_has_an_address() -> None:
    gone = make.mx_host(
        answers=(make.answer(make.MX_NAME, RecordType.A, status=Status.NXDOMAIN),), addresses=()
    )
    mx = make.recipient_facts(mx=make.mx_result(RouteKind.MX, gone))
    later = handed_on(2, Stage.RCPT, make.reply(454, "4.7.1 not now"))
    verdicts = {
        by: verdict_of(facts_after(later, recipient=mx, mta=handing_on(by)))
        for by in (FallbackBy.POSTFIX, FallbackBy.SENDMAIL_MX)
    }
    assert [it.outcome for it in verdicts.values()] == ["deferred", "refused"]
    sent_back = verdicts[FallbackBy.SENDMAIL_MX]
    assert sent_back.reply == "454 4.7.1 not now"
    assert "sendmail sends back what is put off then" in sent_back.summary


def test_a_relay_that_is_silent_here_is_no_answer() -> None:
    silent = handed_on(2, Stage.GREETING, None, connected=False, exchanges=(), end=EndReason.TIMEOUT)
    facts = facts_after(RCPT_451, silent)
    verdict = verdict_of(facts)
    assert (verdict.outcome, verdict.exit_code, verdict.fix_by) == ("inconclusive", 4, "sender")
    assert "which did not answer here (no answer in time)" in verdict.summary
    test = next_test(facts, diagnose(facts, ()))
    assert test is not None
    assert test.command is not None
    assert "--mx 192.0.2.77:587 --allow-private" in test.command


def test_a_relay_that_is_to_be_logged_in_to_tells_nothing() -> None:
    mta = handing_on()
    mta = replace(mta, route=replace(mta.route, authenticates=True))
    stopped = handed_on(
        2, Stage.EHLO, make.reply(250, "mx"), cause=Reason(EndCause.STOP, stop=Stop.LOGIN_NEEDED)
    )
    verdict = verdict_of(facts_after(RCPT_451, stopped, mta=mta))
    assert (verdict.outcome, verdict.exit_code, verdict.fix_by) == ("inconclusive", 4, "nobody")
    assert "is to be logged in to" in verdict.summary


def test_a_relay_behind_a_relay() -> None:
    """relayhost and smtp_fallback_relay: what the first does not take goes to the second."""
    mta = handing_on()
    route = replace(mta.route, kind=HopKind.RELAY, hops=(Hop("smart.example", 25),))
    facts = facts_after(
        RCPT_451,
        handed_on(2, Stage.RCPT, make.reply(250, "ok")),
        mta=replace(mta, route=route),
        relay=route.hops,
    )
    assert verdict_of(facts).outcome == "accepted"


def test_a_policy_that_cannot_be_followed_leaves_a_relay_out() -> None:
    wrapped, invalid = TlsPolicy(TlsLevel.ENCRYPT, "s", wrapped=True), TlsPolicy(TlsLevel.INVALID, "s")
    route = Route(HopKind.MX, "smtp", "s", fallback=(FIRST, SECOND), fallback_tls=(wrapped, invalid))
    assert fallbacks(Options(), replace(MTA, route=route)) == ()
    assert fallbacks(Options(), None) == ()
    assert fallbacks(Options(route=RouteChoice.MX), handing_on()) == ()
    assert [how.port for how in fallbacks(Options(), handing_on())] == [587, 25]
