"""The reason of an outcome as a tag: what tells apart outcomes whose sentence is alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from probe.checks.catalogue import findings_of
from probe.diagnosis.outcome import OF_OTHER_FAMILY, observe
from probe.diagnosis.run_result import Ground, RunResult
from probe.diagnosis.verdict import diagnose
from probe.facts.model import Facts
from probe.facts.session import Session, TlsFacts
from probe.model.observed import Gap, HandshakeFault, Part
from probe.model.reason import Reason
from probe.model.reply import Reply, Stage
from probe.model.session import EndReason, Stop
from probe.model.target import Options, TlsMode
from probe.model.verdict import ExitCode, Outcome, OutcomeReason
from probe.recording.events import NotReached
from probe.standards.dns.results import RouteKind
from tests.support import facts as make
from tests.support.reasons import stopped
from tests.unit.checks.vantage.test_sender_mta import MTA, RELAY
from tests.unit.diagnosis.test_outcome import met
from tests.unit.diagnosis.test_outcome_route import LEFT_OUT, SIX, V4, host, routed

INTERRUPTED = NotReached(9, Part.SESSIONS, Reason(Gap.INTERRUPTED))
OK, NO = make.reply(250, "2.1.5 Ok"), make.reply(554, "5.7.1 no")


def tag(result: RunResult) -> OutcomeReason | None:
    return result.reason.tag if result.reason is not None else None


def test_four_reasons_say_that_the_address_family_was_left_out() -> None:
    named = {it for it in OutcomeReason if it.name.endswith("OF_OTHER_FAMILY")}
    assert set(OF_OTHER_FAMILY) == named
    assert len(OF_OTHER_FAMILY) == len(named) == 4


# -- a host that the user or the mail server named ---------------------------------------------------


@pytest.mark.parametrize(
    ("relay", "without_address", "other_family"),
    [
        ((), OutcomeReason.GIVEN_HOST_WITHOUT_ADDRESS, OutcomeReason.GIVEN_HOST_OF_OTHER_FAMILY),
        ((RELAY,), OutcomeReason.RELAY_WITHOUT_ADDRESS, OutcomeReason.RELAY_OF_OTHER_FAMILY),
    ],
)
def test_a_host_of_the_user_and_a_relay_have_reasons_of_their_own(
    relay: tuple[Any, ...], without_address: OutcomeReason, other_family: OutcomeReason
) -> None:
    none = routed(host("r.example"), kind=RouteKind.FIXED, relay=relay)
    assert tag(observe(none)) is without_address
    six = routed(host("r.example", SIX, tried=()), kind=RouteKind.FIXED, relay=relay, options=V4)
    assert tag(observe(six)) is other_family


# -- a run that was stopped --------------------------------------------------------------------------


@pytest.mark.parametrize("end", [None, EndReason.INTERRUPTED])
@pytest.mark.parametrize(
    ("not_reached", "expected"),
    [((), OutcomeReason.CUT_SHORT), ((INTERRUPTED,), OutcomeReason.INTERRUPTED)],
)
def test_a_connection_under_way_when_the_run_stopped_is_not_a_failed_one(
    end: EndReason | None, not_reached: tuple[NotReached, ...], expected: OutcomeReason
) -> None:
    attempt = replace(make.failed_session(EndReason.TIMEOUT), end=end)
    result = observe(make.facts(sessions=(attempt,), not_reached=not_reached))
    assert (result.stage, result.ground) == (Stage.CONNECT, Ground.INTERRUPTED)
    assert tag(result) is expected


@pytest.mark.parametrize("tls", [TlsMode.AUTO, TlsMode.REQUIRE])
@pytest.mark.parametrize("fault", [HandshakeFault.ENDED, HandshakeFault.DEADLINE, HandshakeFault.NO_REPLY])
@pytest.mark.parametrize(
    ("end", "expected"),
    [(EndReason.DEADLINE, OutcomeReason.DEADLINE), (EndReason.LOCAL_ERROR, OutcomeReason.ENDED)],
)
def test_tls_that_this_side_did_not_wait_for_has_not_failed(
    tls: TlsMode, fault: HandshakeFault, end: EndReason, expected: OutcomeReason
) -> None:
    facts = stopped_in_tls(end, fault, tls)
    result = observe(facts)
    assert (result.outcome, result.stage, result.ground) == (
        Outcome.INCONCLUSIVE,
        Stage.STARTTLS,
        Ground.INTERRUPTED,
    )
    assert tag(result) is expected
    assert result.has_no_cause
    verdict = diagnose(facts, findings_of(facts)).verdict
    assert "TLS" in verdict.summary and "failed" not in verdict.summary
    assert (verdict.cause, verdict.exit_code) == (None, ExitCode.INCONCLUSIVE)


def test_tls_that_failed_before_the_deadline_has_failed() -> None:
    result = observe(stopped_in_tls(EndReason.DEADLINE, HandshakeFault.LIBRARY, TlsMode.AUTO))
    assert (result.ground, tag(result)) == (Ground.TLS, OutcomeReason.HANDSHAKE)


def stopped_in_tls(end: EndReason, fault: HandshakeFault, mode: TlsMode) -> Facts:
    tls = TlsFacts(offered=True, established=False, fault=Reason(fault))
    session = met(Stage.STARTTLS, make.reply(220, "2.0.0 Ready"), tls=tls, end=end)
    return make.facts(sessions=(session,), options=Options(tls=mode))


def _silent(end: EndReason | None) -> Session:
    return met(Stage.RCPT, None, end=end)


def _out_of_step(end: EndReason | None) -> Session:
    return met(Stage.RCPT, OK, end=end, desynchronised=True)


def _no_tls(end: EndReason | None) -> Session:
    tls = TlsFacts(offered=True, established=False, fault=Reason(HandshakeFault.LIBRARY, text="x"))
    return met(Stage.STARTTLS, make.reply(220, "go"), end=end, tls=tls)


@pytest.mark.parametrize(
    ("session_of", "ground"),
    [(_silent, Ground.NO_REPLY), (_out_of_step, Ground.DESYNCHRONISED), (_no_tls, Ground.TLS)],
)
@pytest.mark.parametrize("end", [None, EndReason.INTERRUPTED])
def test_a_session_without_a_usable_reply_when_the_run_stopped_was_interrupted(
    end: EndReason | None, session_of: Any, ground: Ground
) -> None:
    assert observe(make.facts(sessions=(session_of(end),))).ground is Ground.INTERRUPTED
    assert observe(make.facts(sessions=(session_of(EndReason.RESET),))).ground is ground


@pytest.mark.parametrize(("reply", "outcome"), [(OK, Outcome.ACCEPTED), (NO, Outcome.REFUSED)])
def test_a_reply_that_came_before_the_run_stopped_counts(reply: Reply, outcome: Outcome) -> None:
    result = observe(make.facts(sessions=(met(Stage.RCPT, reply, end=None),)))
    assert (result.outcome, result.ground) == (outcome, Ground.REPLY)


# -- no session --------------------------------------------------------------------------------------


def test_a_run_stopped_before_a_session_was_interrupted() -> None:
    result = observe(make.facts(sessions=(), not_reached=(INTERRUPTED,)))
    assert tag(result) is OutcomeReason.INTERRUPTED
    assert result.behind == ()


def test_an_address_that_is_not_public_was_not_dialled() -> None:
    session = make.failed_session(EndReason.NOT_DIALLED, ip=make.SOURCE, cause=None)
    result = observe(make.facts(sessions=(session,)))
    assert (tag(result), result.ground) == (OutcomeReason.NOT_DIALLED, Ground.UNDIALLED)


def test_without_a_dialogue_a_bounce_keeps_the_outcome_open(monkeypatch: pytest.MonkeyPatch) -> None:
    from probe.diagnosis import outcome

    monkeypatch.setattr(outcome, "tells_of_failure", lambda facts: True)
    result = observe(routed(host("p.example", make.MX_IP), options=LEFT_OUT))
    assert (result.outcome, tag(result)) == (Outcome.INCONCLUSIVE, OutcomeReason.NOT_ASKED)
    assert result.behind == (Reason(Gap.NO_SMTP),)


def test_an_incomplete_run_without_a_dialogue_says_that_none_was_asked_for() -> None:
    options = replace(LEFT_OUT, families=(4,))
    facts = routed(host("p.example", SIX), options=options, complete=False)
    result = observe(facts)
    assert (tag(result), result.behind) == (OutcomeReason.NOT_ASKED, (Reason(Gap.NO_SMTP),))


# -- the local mail server ---------------------------------------------------------------------------


def test_a_relay_that_needs_a_login_is_not_asked_further() -> None:
    session = met(Stage.EHLO, OK, cause=stopped(Stop.LOGIN_NEEDED))
    result = observe(make.facts(sessions=(session,)))
    assert (result.outcome, result.stage, result.ground) == (
        Outcome.INCONCLUSIVE,
        Stage.EHLO,
        Ground.LOGIN,
    )
    assert tag(result) is OutcomeReason.LOGIN_NEEDED
    assert result.exchange == session.exchange(Stage.EHLO) is not None


def greeted(code: int, *, waits: bool) -> Outcome:
    session = met(Stage.GREETING, make.reply(code, "mx"), end=EndReason.CLOSED_BY_PEER)
    mta = replace(MTA, waits_at_greeting=waits)
    return observe(make.facts(sessions=(session,), mta=mta)).outcome


def test_a_refusal_in_the_greeting_is_a_deferral_for_a_mail_server_that_tries_again() -> None:
    assert greeted(554, waits=True) is Outcome.DEFERRED
    assert greeted(554, waits=False) is Outcome.REFUSED
    assert greeted(421, waits=False) is Outcome.DEFERRED
    assert greeted(220, waits=True) is Outcome.INCONCLUSIVE


# -- TLS ---------------------------------------------------------------------------------------------


def required(tls: TlsFacts, cause: Any = None) -> Facts:
    session = met(Stage.STARTTLS, make.reply(220, "go"), tls=tls, end=EndReason.RESET, cause=cause)
    return make.facts(sessions=(session,), options=Options(tls=TlsMode.REQUIRE))


def test_a_failed_handshake_is_the_reason_and_its_fault_stands_behind_it() -> None:
    fault = Reason(HandshakeFault.LIBRARY, text="no shared cipher")
    result = observe(required(TlsFacts(offered=True, established=False, fault=fault)))
    assert result.reason == Reason(OutcomeReason.HANDSHAKE, end=EndReason.RESET)
    assert result.behind == (fault,)


def test_without_an_offer_of_starttls_that_is_the_reason() -> None:
    result = observe(required(TlsFacts(offered=False, established=False)))
    assert tag(result) is OutcomeReason.STARTTLS_NOT_OFFERED
