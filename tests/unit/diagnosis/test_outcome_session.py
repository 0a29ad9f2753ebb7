"""What one session decides: each ending with its outcome, stage, ground and words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from probe.diagnosis.outcome import observe
from probe.diagnosis.run_result import Ground, RunResult
from probe.diagnosis.why import why
from probe.facts.session import Exchange, Session, TlsFacts
from probe.model.address_parse import parse_mailbox
from probe.model.observed import CertificateFault
from probe.model.reason import Reason
from probe.model.reply import Reply, Stage
from probe.model.session import EndReason, Experiment, Stop
from probe.model.target import DomainTarget, Options, PairTarget, Target, TlsMode
from probe.model.verdict import Outcome
from probe.standards.smtp.results import Deviation, Extensions
from tests.support import facts as make
from tests.support.reasons import broken, ended, spoken, stopped

PAIR: Target = PairTarget(make.SENDER, make.RECIPIENT)
DOMAIN: Target = DomainTarget("recipient.example")
REQUIRE, OFF = Options(tls=TlsMode.REQUIRE), Options(tls=TlsMode.NEVER)
OK, LATER, NO = make.reply(250, "2.1.5 Ok"), make.reply(450, "4.2.0 later"), make.reply(550, "5.7.1 no")
HELD_BACK = TlsFacts(offered=False, established=False)
BROKEN = TlsFacts(offered=True, established=False, fault=broken("handshake failure"))
EXPIRED = Reason(CertificateFault.EXPIRED, text="2026-01-01")
WEAK = Reason(CertificateFault.WEAK_KEY, text="RSA 1024")
DEPTH = (Stage.GREETING, Stage.EHLO, Stage.MAIL, Stage.RCPT)

INCONCLUSIVE, REFUSED, ACCEPTED = Outcome.INCONCLUSIVE, Outcome.REFUSED, Outcome.ACCEPTED


def until(stage: Stage, reply: Reply | None, sent: str = "", **changes: Any) -> Session:
    """A session in order up to `stage`, where this was said, and no further."""
    before = [make.exchange(it, OK) for it in DEPTH[: DEPTH.index(stage)]]
    return make.session(**({"exchanges": (*before, make.exchange(stage, reply, sent))} | changes))


def last(session: Session, **changes: Any) -> Session:
    """The session with its last exchange changed."""
    result = replace(session.exchanges[-1], **changes)
    return replace(session, exchanges=(*session.exchanges[:-1], result))


def judged(session: Session, target: Target = PAIR, options: Options | None = None) -> RunResult:
    if target is DOMAIN:
        session = replace(session, experiment=Experiment.DOMAIN)
    return observe(make.facts(sessions=(session,), target=target, options=options or Options()))


def ending(
    session: Session, target: Target = PAIR, options: Options | None = None
) -> tuple[Outcome, Stage, Ground, str]:
    result = judged(session, target, options)
    assert result.session is not None
    return result.outcome, result.stage, result.ground, why(result)


def exchange_of(records: RunResult) -> Exchange:
    assert records.exchange is not None
    return records.exchange


# -- replies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", DEPTH)
@pytest.mark.parametrize(("reply", "outcome"), [(LATER, Outcome.DEFERRED), (NO, REFUSED)])
def test_the_first_digit_decides_and_the_words_are_the_reply(
    stage: Stage, reply: Reply, outcome: Outcome
) -> None:
    session = until(stage, reply)
    assert judged(session) == RunResult(outcome, stage, Ground.REPLY, session, session.exchanges[-1])
    assert judged(session).reply == reply


@pytest.mark.parametrize("code", [250, 251, 252, 259, 299])
def test_every_2yz_to_rcpt_accepts(code: int) -> None:
    session = until(Stage.RCPT, make.reply(code, "yes"))
    assert judged(session) == RunResult(ACCEPTED, Stage.RCPT, Ground.REPLY, session, session.exchanges[-1])


@pytest.mark.parametrize("code", [300, 354])
def test_a_3yz_to_rcpt_is_no_answer(code: int) -> None:
    session = until(Stage.RCPT, make.reply(code, "go on"))
    assert ending(session) == (INCONCLUSIVE, Stage.RCPT, Ground.DESYNCHRONISED, EndReason.QUIT.words)


@pytest.mark.parametrize(("code", "outcome"), [(249, INCONCLUSIVE), (250, ACCEPTED), (251, INCONCLUSIVE)])
def test_ehlo_of_a_domain_is_accepted_by_250_alone(code: int, outcome: Outcome) -> None:
    assert ending(until(Stage.EHLO, make.reply(code, "hi")), DOMAIN)[:2] == (outcome, Stage.EHLO)


def test_a_domain_asks_for_ehlo_and_a_pair_for_rcpt() -> None:
    assert ending(until(Stage.EHLO, OK), DOMAIN)[2:] == (Ground.REPLY, "")
    for stage in (Stage.GREETING, Stage.EHLO, Stage.MAIL):
        assert ending(until(stage, OK))[0] is INCONCLUSIVE
    assert ending(until(Stage.GREETING, make.reply(220, "hi")), DOMAIN)[0] is INCONCLUSIVE


# -- how a session ended -----------------------------------------------------------------------------

CLOSED = EndReason.CLOSED_BY_PEER


@pytest.mark.parametrize(
    ("end", "detail", "words"),
    [
        (CLOSED, "", CLOSED.words),
        (CLOSED, "with a word on it", "with a word on it"),
        (None, "", "the run ended"),
        (None, "a word", "the run ended"),
    ],
)
def test_the_end_is_told_where_nothing_decided(end: EndReason | None, detail: str, words: str) -> None:
    how: dict[str, Any] = {"end": end, "cause": ended(detail)}
    ground = Ground.NO_REPLY if end is not None else Ground.INTERRUPTED
    assert ending(until(Stage.RCPT, None, **how)) == (INCONCLUSIVE, Stage.RCPT, ground, words)
    assert ending(until(Stage.MAIL, OK, **how)) == (INCONCLUSIVE, Stage.MAIL, ground, words)
    silent = make.session(exchanges=(), **how)
    assert ending(silent) == (INCONCLUSIVE, Stage.GREETING, ground, words)
    assert (judged(silent).session, judged(silent).exchange) == (silent, None)


@pytest.mark.parametrize("end", [EndReason.TIMEOUT, EndReason.RESET, CLOSED, EndReason.DEADLINE])
def test_a_session_that_was_broken_off_after_a_yes_lacks_an_answer(end: EndReason) -> None:
    assert ending(until(Stage.MAIL, OK, end=end))[2:] == (Ground.NO_REPLY, end.words)


def test_a_session_that_was_ended_after_a_yes_is_out_of_step() -> None:
    assert ending(until(Stage.MAIL, OK))[2:] == (Ground.DESYNCHRONISED, EndReason.QUIT.words)


# -- replies that cannot be used ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("detail", "words"), [("", spoken(stopped(Stop.OUT_OF_STEP))), ("a word on it", "a word on it")]
)
def test_what_cannot_be_paired_or_used_decides_nothing(detail: str, words: str) -> None:
    expected = (INCONCLUSIVE, Stage.RCPT, Ground.DESYNCHRONISED, words)
    assert ending(until(Stage.RCPT, OK, desynchronised=True, cause=ended(detail))) == expected
    assert ending(last(until(Stage.RCPT, NO, cause=ended(detail)), usable=False)) == expected


def test_what_never_came_cannot_be_unusable() -> None:
    cut = last(until(Stage.RCPT, None, end=EndReason.RESET), usable=False)
    assert ending(cut)[2:] == (Ground.NO_REPLY, EndReason.RESET.words)


def test_what_comes_without_end_is_no_smtp() -> None:
    flood = until(Stage.EHLO, None, end=EndReason.TOO_MUCH_DATA)
    words = EndReason.TOO_MUCH_DATA.words
    assert ending(flood) == (INCONCLUSIVE, Stage.EHLO, Ground.DESYNCHRONISED, words)
    assert ending(last(flood, deviations=(Deviation.MALFORMED_LINE,)))[3] == words


def test_what_comes_without_a_code_is_no_smtp() -> None:
    garbage = last(until(Stage.EHLO, None, end=CLOSED), deviations=(Deviation.MALFORMED_LINE,))
    assert ending(garbage) == (
        INCONCLUSIVE,
        Stage.EHLO,
        Ground.DESYNCHRONISED,
        "what came is no SMTP reply",
    )
    short = last(until(Stage.EHLO, None, end=CLOSED), deviations=(Deviation.SHORT_CODE,))
    assert ending(short)[2] is Ground.NO_REPLY


def test_a_reply_counts_whatever_else_came() -> None:
    odd = last(until(Stage.RCPT, NO), deviations=(Deviation.MALFORMED_LINE,))
    assert ending(odd)[0] is REFUSED
    assert ending(until(Stage.RCPT, NO, end=EndReason.TOO_MUCH_DATA))[0] is REFUSED


# -- EHLO that is not known --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "sent", "end", "outcome"),
    [
        (499, "EHLO probe", CLOSED, Outcome.DEFERRED),
        (500, "EHLO probe", CLOSED, INCONCLUSIVE),
        (502, "ehlo probe", CLOSED, INCONCLUSIVE),
        (504, "EHLO probe", EndReason.RESET, INCONCLUSIVE),
        (505, "EHLO probe", CLOSED, REFUSED),
        (554, "EHLO probe", CLOSED, REFUSED),
        (502, "EHLO probe", EndReason.QUIT, REFUSED),  # the session was ended in order
        (502, "HELO probe", CLOSED, REFUSED),  # HELO is known everywhere
    ],
)
def test_an_ehlo_that_is_not_known_refuses_nothing_before_helo(
    code: int, sent: str, end: EndReason, outcome: Outcome
) -> None:
    session = until(Stage.EHLO, make.reply(code, "what?"), sent, end=end)
    result = judged(session)
    assert (result.outcome, result.stage) == (outcome, Stage.EHLO)
    if outcome is INCONCLUSIVE:
        assert (result.ground, why(result)) == (Ground.NO_REPLY, end.words)


@pytest.mark.parametrize("stage", [Stage.GREETING, Stage.MAIL, Stage.RCPT])
def test_the_same_code_elsewhere_is_a_refusal(stage: Stage) -> None:
    session = until(stage, make.reply(502, "what?"), "EHLO probe", end=CLOSED)
    assert ending(session)[:2] == (REFUSED, stage)


# -- TLS ---------------------------------------------------------------------------------------------


def at_starttls(reply: Reply | None = None, tls: TlsFacts | None = BROKEN, **changes: Any) -> Session:
    session = until(Stage.EHLO, OK, tls=tls, **({"end": EndReason.LOCAL_ERROR} | changes))
    exchange = make.exchange(Stage.STARTTLS, reply or make.reply(220, "go"), "STARTTLS")
    return replace(session, exchanges=(*session.exchanges, exchange))


@pytest.mark.parametrize(
    ("tls", "detail", "words"),
    [
        (BROKEN, "", "handshake failure"),
        (replace(BROKEN, fault=None), "", EndReason.LOCAL_ERROR.words),
        (replace(BROKEN, fault=None), "a word on it", "a word on it"),
        (HELD_BACK, "", "STARTTLS is not offered"),
        (None, "", "STARTTLS is not offered"),
        (
            replace(BROKEN, problems=(EXPIRED, WEAK)),
            Stop.TLS_NOT_VERIFIED,
            "expired 2026-01-01, weak key: RSA 1024",
        ),
        (BROKEN, Stop.TLS_NOT_VERIFIED, spoken(stopped(Stop.TLS_NOT_VERIFIED))),
        (replace(BROKEN, problems=(EXPIRED,)), Stop.TLS_FAILED, "handshake failure"),
    ],
)
def test_why_tls_did_not_come_about(tls: TlsFacts | None, detail: str, words: str) -> None:
    cause = stopped(detail) if isinstance(detail, Stop) else ended(detail)
    session = at_starttls(tls=tls, cause=cause)
    result = judged(session)
    assert ending(session) == (INCONCLUSIVE, Stage.STARTTLS, Ground.TLS, words)
    assert (result.session, result.exchange) == (session, session.exchanges[-1])


@pytest.mark.parametrize(("code", "ground"), [(421, Ground.REPLY), (454, Ground.TLS)])
def test_a_server_that_closes_says_nothing_of_tls(code: int, ground: Ground) -> None:
    assert judged(at_starttls(make.reply(code, "bye"))).ground is ground


@pytest.mark.parametrize("options", [None, OFF])
def test_a_domain_is_greeted_whatever_becomes_of_tls(options: Options | None) -> None:
    session = at_starttls()
    result = judged(session, DOMAIN, options)
    assert (result.outcome, result.stage) == (ACCEPTED, Stage.EHLO)
    assert exchange_of(result) == session.exchanges[1]
    required = judged(session, DOMAIN, REQUIRE)
    assert (required.ground, exchange_of(required).stage) == (Ground.TLS, Stage.STARTTLS)


def test_a_domain_that_never_answered_ehlo_was_not_greeted() -> None:
    session = at_starttls()
    bare = replace(session, exchanges=session.exchanges[-1:])
    assert judged(bare, DOMAIN).ground is Ground.TLS


def test_a_domain_that_refuses_the_greeting_is_judged_by_that() -> None:
    refused = until(Stage.GREETING, NO)
    later = make.exchange(Stage.EHLO, OK)
    session = replace(refused, exchanges=(*refused.exchanges, later))
    assert ending(session, DOMAIN)[:2] == (REFUSED, Stage.GREETING)


@pytest.mark.parametrize(
    ("tls", "ground"),
    [
        (None, Ground.TLS),
        (HELD_BACK, Ground.TLS),
        (BROKEN, Ground.TLS),
        (TlsFacts(offered=True, established=True), Ground.REPLY),
    ],
)
def test_where_tls_is_required_an_accepted_ehlo_in_the_clear_is_not_enough(
    tls: TlsFacts | None, ground: Ground
) -> None:
    session = until(Stage.EHLO, OK, tls=tls)
    assert judged(session, DOMAIN, REQUIRE).ground is ground
    assert judged(session, DOMAIN).ground is Ground.REPLY
    result = judged(session, DOMAIN, REQUIRE)
    assert (result.stage, exchange_of(result)) == (
        Stage.STARTTLS if ground is Ground.TLS else Stage.EHLO,
        session.exchanges[-1],
    )


@pytest.mark.parametrize("reply", [NO, LATER, None])
def test_where_tls_is_required_a_refused_ehlo_is_a_refused_ehlo(reply: Reply | None) -> None:
    for tls in (HELD_BACK, TlsFacts(offered=True, established=True)):
        session = until(Stage.EHLO, reply, tls=tls, end=CLOSED)
        assert judged(session, options=REQUIRE) == judged(session)


@pytest.mark.parametrize("stage", [Stage.GREETING, Stage.MAIL, Stage.RCPT])
def test_where_tls_is_required_only_ehlo_asks_for_it(stage: Stage) -> None:
    session = until(stage, OK, tls=HELD_BACK)
    assert judged(session, options=REQUIRE).ground is not Ground.TLS


# -- SMTPUTF8 ----------------------------------------------------------------------------------------

UNICODE = parse_mailbox("jörg@recipient.example")
PLAIN = make.extensions(("SIZE", "0"))


def greeted(extensions: Extensions | None = PLAIN, **changes: Any) -> Session:
    return until(Stage.EHLO, OK, extensions=extensions, **changes)


@pytest.mark.parametrize(
    ("target", "lacking"),
    [
        (PairTarget(make.SENDER, UNICODE), True),
        (PairTarget(UNICODE, make.RECIPIENT), True),
        (PairTarget(UNICODE, UNICODE), True),
        (PAIR, False),
    ],
)
def test_an_address_beyond_ascii_needs_smtputf8_on_either_side(target: Target, lacking: bool) -> None:
    session = greeted()
    result = judged(session, target)
    if lacking:
        assert result == RunResult(REFUSED, Stage.MAIL, Ground.SMTPUTF8, session, session.exchanges[-1])
    else:
        assert result.ground is Ground.DESYNCHRONISED


@pytest.mark.parametrize(
    "session",
    [
        greeted(make.extensions(("SMTPUTF8", ""))),
        greeted(replace(PLAIN, complete=False)),  # more may have stood there
        greeted(None),
        greeted(end=EndReason.RESET),  # the session was not ended for it
        until(Stage.MAIL, OK, extensions=PLAIN),
        until(Stage.GREETING, OK, extensions=PLAIN),
    ],
)
def test_smtputf8_that_was_not_seen_to_lack_refuses_nothing(session: Session) -> None:
    assert judged(session, PairTarget(make.SENDER, UNICODE)).outcome is INCONCLUSIVE


def test_a_domain_needs_no_smtputf8() -> None:
    """Its EHLO that is no 250 is an odd answer, and not a lack."""
    session = until(Stage.EHLO, make.reply(251, "hi"), extensions=PLAIN)
    assert judged(session, DOMAIN).ground is Ground.DESYNCHRONISED
