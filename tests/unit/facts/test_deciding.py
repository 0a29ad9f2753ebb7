"""Which session and which exchange decide: depth, usable answers, favour, and the latest of equals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.facts.deciding import deciding_exchange, farthest, is_closing, main_sessions
from probe.facts.session import Exchange, Session
from probe.model.reply import Reply, Stage
from probe.model.session import Experiment
from tests.support import facts as make

OK, LATER, NO = make.reply(250, "Ok"), make.reply(450, "later"), make.reply(550, "no")
UNKNOWN_COMMAND = make.reply(502, "what?")
DEPTH = (Stage.GREETING, Stage.EHLO, Stage.MAIL, Stage.RCPT)


def unusable(exchange: Exchange) -> Exchange:
    """A reply that must not be concluded from."""
    return replace(exchange, usable=False)


def held(*exchanges: Exchange, number: int = 1, **changes: object) -> Session:
    return make.session(number, **({"exchanges": exchanges} | changes))


def until(stage: Stage, reply: Reply | None, number: int = 1, **changes: object) -> Session:
    """A session in order up to `stage`, where this was said, and no further."""
    before = [make.exchange(it, OK, session=number) for it in DEPTH[: DEPTH.index(stage)]]
    return held(*before, make.exchange(stage, reply, session=number), number=number, **changes)


def decided(session: Session) -> tuple[Stage, int | None]:
    result = deciding_exchange(session)
    assert result is not None
    return result.stage, result.reply.code if result.reply else None


# -- the sessions that asked about the target ------------------------------------------------------


@pytest.mark.parametrize("experiment", Experiment)
def test_only_the_sessions_about_the_target_or_its_domain_count(experiment: Experiment) -> None:
    session = make.session(experiment=experiment)
    questions = experiment in (Experiment.TARGET, Experiment.DOMAIN)
    assert main_sessions([session]) == ((session,) if questions else ())


def test_they_stand_in_the_order_of_dialling() -> None:
    first, control, second = (
        make.session(number, experiment=it)
        for number, it in enumerate((Experiment.TARGET, Experiment.RANDOM, Experiment.TARGET), 1)
    )
    assert main_sessions(iter((first, control, second))) == (first, second)


# -- the session that decides ----------------------------------------------------------------------

NOTHING = held()
GREETING_REFUSED, EHLO_REFUSED = until(Stage.GREETING, NO), until(Stage.EHLO, NO)
GREETING_SILENT, EHLO_SILENT = until(Stage.GREETING, None), until(Stage.EHLO, None)
MAIL_SILENT, RCPT_SILENT = until(Stage.MAIL, None), until(Stage.RCPT, None)
RANKS = (
    NOTHING,
    GREETING_SILENT,
    EHLO_SILENT,
    GREETING_REFUSED,  # an answer to the guest
    EHLO_REFUSED,
    MAIL_SILENT,  # a question that was heard, and no answer
    RCPT_SILENT,
    until(Stage.MAIL, NO),  # an answer to the question
    until(Stage.MAIL, LATER),
    until(Stage.RCPT, NO),
    until(Stage.RCPT, LATER),
    until(Stage.RCPT, OK),
)


@pytest.mark.parametrize("rank", range(1, len(RANKS)))
def test_of_two_sessions_the_one_that_came_farther_decides(rank: int) -> None:
    nearer, farther = RANKS[rank - 1], RANKS[rank]
    for first, second in ((nearer, farther), (farther, nearer)):
        pair = (replace(first, number=1), replace(second, number=2))
        assert farthest(pair).exchanges == farther.exchanges


def test_the_order_holds_between_any_two() -> None:
    assert farthest(RANKS).exchanges == RANKS[-1].exchanges
    for rank, session in enumerate(RANKS):
        below = [replace(it, number=number + 50) for number, it in enumerate(RANKS[:rank])]
        assert farthest([*below, session]) == session


@pytest.mark.parametrize("stage", DEPTH)
@pytest.mark.parametrize("reply", [OK, LATER, NO, None])
def test_of_equals_the_latest_decides(stage: Stage, reply: Reply | None) -> None:
    first, second = until(stage, reply, 1), until(stage, reply, 2)
    assert farthest([first, second]).number == farthest([second, first]).number == 2


@pytest.mark.parametrize("session", [NOTHING, GREETING_SILENT])
def test_of_sessions_without_a_word_the_latest_decides(session: Session) -> None:
    first, second = replace(session, number=1), replace(session, number=2)
    assert farthest([first, second]).number == farthest([second, first]).number == 2


def test_an_answer_that_cannot_be_used_counts_as_none() -> None:
    odd = held(*(make.exchange(it, OK) for it in DEPTH[:3]), unusable(make.exchange(Stage.RCPT, OK)))
    assert deciding_exchange(odd) is not None
    assert farthest([replace(odd, number=2), until(Stage.MAIL, NO)]).number == 1
    assert farthest([odd, until(Stage.MAIL, None, 2)]).number == 1
    assert farthest([odd, until(Stage.RCPT, None, 2)]).number == 2, "both came to RCPT and heard nothing"


def test_an_answer_out_of_step_counts_as_none() -> None:
    lost = until(Stage.RCPT, OK, desynchronised=True)
    assert farthest([replace(lost, number=2), until(Stage.MAIL, NO)]).number == 1
    assert farthest([lost, until(Stage.MAIL, None, 2)]).number == 1


def test_without_a_session_there_is_none_that_decides() -> None:
    with pytest.raises(ValueError):
        farthest(())


# -- the exchange that decides ---------------------------------------------------------------------


@pytest.mark.parametrize("stage", DEPTH)
@pytest.mark.parametrize("reply", [NO, LATER, None])
def test_the_first_that_was_not_accepted_decides(stage: Stage, reply: Reply | None) -> None:
    usual = [make.exchange(it, reply if it is stage else OK) for it in DEPTH]
    later = make.exchange(Stage.RSET, NO)
    assert decided(held(*usual, later)) == (stage, reply.code if reply else None)


def test_a_reply_that_cannot_be_used_is_not_accepted() -> None:
    odd = unusable(make.exchange(Stage.EHLO, OK))
    session = held(make.exchange(Stage.GREETING, OK), odd, make.exchange(Stage.MAIL, NO))
    assert deciding_exchange(session) == odd


def test_where_all_was_accepted_the_deepest_decides() -> None:
    for stage in DEPTH:
        assert decided(until(stage, OK)) == (stage, 250)
    closing = [make.exchange(it, NO) for it in (Stage.RSET, Stage.QUIT)]
    assert decided(held(*until(Stage.RCPT, OK).exchanges, *closing)) == (Stage.RCPT, 250)
    assert decided(held(*until(Stage.EHLO, OK).exchanges, *closing)) == (Stage.EHLO, 250)


def test_the_order_of_stages_decides_and_not_that_of_the_lines() -> None:
    backwards = [make.exchange(it, OK) for it in reversed(DEPTH)]
    assert decided(held(*backwards)) == (Stage.RCPT, 250)
    assert decided(held(*(make.exchange(it, OK) for it in (Stage.MAIL, Stage.EHLO)))) == (Stage.MAIL, 250)
    refused = [make.exchange(it, NO) for it in (Stage.RCPT, Stage.MAIL)]
    assert decided(held(*refused)) == (Stage.MAIL, 550)


def test_nothing_was_said_that_decides() -> None:
    assert deciding_exchange(held()) is None
    assert deciding_exchange(held(make.exchange(Stage.QUIT, OK), make.exchange(Stage.RSET, NO))) is None


def test_the_first_rcpt_is_the_targets_whatever_follows() -> None:
    session = until(Stage.RCPT, OK)
    controls = [make.exchange(Stage.RCPT, it) for it in (NO, LATER)]
    assert decided(replace(session, exchanges=(*session.exchanges, *controls))) == (Stage.RCPT, 250)


def test_of_other_commands_the_last_counts() -> None:
    twice = (make.exchange(Stage.EHLO, NO, "EHLO a"), make.exchange(Stage.EHLO, OK, "HELO a"))
    assert decided(held(make.exchange(Stage.GREETING, OK), *twice)) == (Stage.EHLO, 250)
    mails = (make.exchange(Stage.MAIL, OK), make.exchange(Stage.MAIL, LATER))
    assert decided(held(*until(Stage.EHLO, OK).exchanges, *mails)) == (Stage.MAIL, 450)


# -- STARTTLS --------------------------------------------------------------------------------------

STARTTLS = make.exchange(Stage.STARTTLS, make.reply(454, "no TLS now"))


def test_a_failed_starttls_decides_only_where_nothing_followed() -> None:
    greeted = until(Stage.EHLO, OK).exchanges
    assert deciding_exchange(held(*greeted, STARTTLS)) == STARTTLS
    after = make.exchange(Stage.QUIT, OK)
    assert deciding_exchange(held(*greeted, STARTTLS, after)) == STARTTLS
    went_on = held(*greeted, STARTTLS, make.exchange(Stage.MAIL, OK))
    assert decided(went_on) == (Stage.MAIL, 250)
    result = held(*greeted, STARTTLS, make.exchange(Stage.MAIL, OK), make.exchange(Stage.RCPT, OK))
    assert decided(result) == (Stage.RCPT, 250)


def test_after_an_answer_to_rcpt_starttls_decides_nothing() -> None:
    assert decided(held(*until(Stage.RCPT, OK).exchanges, STARTTLS)) == (Stage.RCPT, 250)


def test_a_refusal_goes_before_a_failed_starttls() -> None:
    assert decided(held(*until(Stage.EHLO, NO).exchanges, STARTTLS)) == (Stage.EHLO, 550)


def test_a_session_that_ended_at_starttls_was_never_named_a_mailbox() -> None:
    """It came farther than a refused EHLO, and not as far as MAIL."""
    ended = held(*until(Stage.EHLO, OK).exchanges, STARTTLS)
    assert farthest([ended, until(Stage.EHLO, NO, 2)]).number == 1
    assert farthest([replace(ended, number=2), until(Stage.MAIL, None)]).number == 1


# -- out of step -----------------------------------------------------------------------------------


def test_the_last_command_is_the_stage_where_replies_are_out_of_step() -> None:
    refused_early = [make.exchange(it, NO if it is Stage.EHLO else OK) for it in DEPTH[:3]]
    lost = held(*refused_early, make.exchange(Stage.QUIT, OK), desynchronised=True)
    assert decided(lost) == (Stage.MAIL, 250)
    assert deciding_exchange(held(desynchronised=True)) is None
    only_tls = held(STARTTLS, desynchronised=True)
    assert deciding_exchange(only_tls) == STARTTLS


# -- EHLO and HELO ---------------------------------------------------------------------------------


def said_hello(ehlo: Exchange, helo: Exchange, *between: Exchange) -> Session:
    return held(make.exchange(Stage.GREETING, OK), ehlo, *between, helo)


def ehlo(reply: Reply | None) -> Exchange:
    return make.exchange(Stage.EHLO, reply, "EHLO probe.example")


def helo(reply: Reply | None, sent: str = "HELO probe.example") -> Exchange:
    return make.exchange(Stage.EHLO, reply, sent)


@pytest.mark.parametrize("answer", [NO, LATER, None])
def test_the_reply_to_ehlo_has_the_reason_where_helo_is_refused_too(answer: Reply | None) -> None:
    refusal = make.reply(554, "you are listed")
    for sent in ("HELO probe.example", "helo probe.example"):
        assert decided(said_hello(ehlo(refusal), helo(answer, sent))) == (Stage.EHLO, 554)


def test_an_answer_to_helo_that_cannot_be_used_is_no_acceptance() -> None:
    refusal = make.reply(554, "you are listed")
    assert decided(said_hello(ehlo(refusal), unusable(helo(OK)))) == (Stage.EHLO, 554)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (make.reply(554, "listed"), OK),  # HELO mends it
        (make.reply(500, "what?"), NO),  # EHLO was only not known there
        (UNKNOWN_COMMAND, NO),
        (LATER, NO),  # a passing refusal tells less than a lasting one
        (None, NO),
    ],
)
def test_else_the_answer_to_helo_counts(first: Reply | None, second: Reply) -> None:
    assert decided(said_hello(ehlo(first), helo(second))) == (Stage.EHLO, second.code)


def test_a_refusal_of_ehlo_that_cannot_be_used_tells_nothing() -> None:
    odd = unusable(ehlo(make.reply(554, "listed")))
    assert decided(said_hello(odd, helo(NO))) == (Stage.EHLO, 550)


def test_a_second_ehlo_after_tls_is_no_helo() -> None:
    again = said_hello(ehlo(make.reply(554, "listed")), ehlo(NO))
    assert decided(again) == (Stage.EHLO, 550)


def test_the_ehlo_just_before_the_helo_is_the_one_that_tells() -> None:
    first, second = ehlo(OK), ehlo(make.reply(554, "listed inside TLS"))
    session = held(make.exchange(Stage.GREETING, OK), first, second, helo(NO))
    assert decided(session) == (Stage.EHLO, 554)


def test_a_helo_alone_is_answered_for_itself() -> None:
    assert decided(held(make.exchange(Stage.GREETING, OK), helo(NO))) == (Stage.EHLO, 550)


# -- 421 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "closes"), [(420, False), (421, True), (422, False), (521, False)])
@pytest.mark.parametrize("stage", [Stage.GREETING, Stage.STARTTLS, Stage.RCPT])
def test_421_closes_the_channel_whatever_was_asked(stage: Stage, code: int, closes: bool) -> None:
    assert is_closing(make.exchange(stage, make.reply(code, "bye"))) is closes


def test_silence_closes_nothing() -> None:
    assert not is_closing(make.exchange(Stage.RCPT, None))
