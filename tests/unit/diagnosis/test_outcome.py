"""What is observed: accepted, refused, deferred or inconclusive, at which stage and on what ground."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe.diagnosis.outcome import observe
from probe.diagnosis.run_result import Ground, RunResult
from probe.diagnosis.why import why
from probe.facts.deciding import deciding_exchange
from probe.facts.model import Facts
from probe.facts.session import Exchange, Session, TlsFacts
from probe.model.address_parse import parse_mailbox
from probe.model.observed import Gap, Part
from probe.model.reason import Reason
from probe.model.reply import Reply, Stage
from probe.model.session import EndReason, Experiment
from probe.model.target import DomainTarget, Options, PairTarget, TlsMode
from probe.model.verdict import Outcome, OutcomeReason
from probe.recording.events import NotReached
from probe.standards.dns.message import RecordType, Status
from probe.standards.dns.results import MxHost, RouteKind
from tests.support import facts as make
from tests.support.reasons import broken, ended

LOOPBACK, PRIVATE = ip_address("127.0.0.1"), ip_address("10.1.1.1")
ORDER = (Stage.GREETING, Stage.EHLO, Stage.STARTTLS, Stage.MAIL, Stage.RCPT)


def met(stage: Stage, reply: Reply | None, number: int = 1, **changes: object) -> Session:
    """A session that went well up to `stage`, where it was told `said` (None: nothing)."""
    usual = make.exchanges(session=number)
    before = [e for e in usual if ORDER.index(e.stage) < ORDER.index(stage)]
    last = next(e for e in usual if e.stage is stage)
    secured = ORDER.index(stage) > ORDER.index(Stage.STARTTLS)
    texts: dict[str, object] = {
        "exchanges": (*before, replace(last, reply=reply)),
        "tls": make.tls() if secured else TlsFacts(offered=stage is Stage.STARTTLS, established=False),
        "end": EndReason.QUIT if reply is not None else EndReason.TIMEOUT,
    }
    return make.session(number, **(texts | changes))


def reason_of(result: RunResult) -> OutcomeReason | None:
    return result.reason.tag if result.reason is not None else None


def not_dialled(number: int, host: str, ip: object) -> Session:
    return make.failed_session(
        EndReason.NOT_DIALLED, number, mx_host=host, ip=ip, cause=ended("it is not public")
    )


def seen(*sessions: Session, **changes: object) -> RunResult:
    return observe(make.facts(**({"sessions": sessions} | changes)))


def with_hosts(*hosts: MxHost, sessions: tuple[Session, ...] = (), kind: RouteKind = RouteKind.MX) -> Facts:
    return make.facts(recipient=make.recipient_facts(mx=make.mx_result(kind, *hosts)), sessions=sessions)


def unanswered(host: str, status: Status) -> MxHost:
    answers = tuple(make.answer(host, rtype, status=status) for rtype in (RecordType.A, RecordType.AAAA))
    return MxHost(10, host, (), answers)


OK, LATER, NO = make.reply(250, "2.1.5 Ok"), make.reply(450, "4.2.0 later"), make.reply(550, "5.7.1 no")
NO_TLS = TlsFacts(offered=True, established=False, fault=broken("handshake failure"))
TLS_FAILED = met(Stage.STARTTLS, make.reply(220, "2.0.0 Ready"), tls=NO_TLS, end=EndReason.LOCAL_ERROR)

A_ROUTE = {
    RouteKind.NO_DOMAIN: (Outcome.REFUSED, Ground.ROUTE),
    RouteKind.NULL_MX: (Outcome.REFUSED, Ground.ROUTE),
    RouteKind.NO_MAIL_HOST: (Outcome.REFUSED, Ground.ROUTE),
    RouteKind.UNKNOWN: (Outcome.INCONCLUSIVE, Ground.DNS_UNKNOWN),
}


@pytest.mark.parametrize("kind", A_ROUTE)
def test_dns_alone_decides(kind: RouteKind) -> None:
    silent = make.answer(make.RECIPIENT.domain, RecordType.MX, status=Status.SERVFAIL)
    mx = make.mx_result(kind, answers=(silent,)) if kind is RouteKind.UNKNOWN else make.mx_result(kind)
    result = seen(recipient=make.recipient_facts(mx=mx))
    assert (result.outcome, result.ground) == A_ROUTE[kind]
    assert result.stage is Stage.DNS


def test_a_question_that_was_not_asked_is_no_failure_of_dns() -> None:
    mx = make.mx_result(
        RouteKind.UNKNOWN, answers=(make.answer("recipient.example", RecordType.MX, status=Status.NOT_ASKED),)
    )
    cut = (NotReached(9, Part.SESSIONS, Reason(Gap.DEADLINE)),)
    result = seen(recipient=make.recipient_facts(mx=mx), not_reached=cut)
    assert (result.outcome, result.ground) == (Outcome.INCONCLUSIVE, Ground.NOT_REACHED)
    assert why(result) == "the deadline of the run"


def test_hosts_without_any_address_take_no_mail() -> None:
    result = observe(
        with_hosts(unanswered("a.example", Status.NXDOMAIN), unanswered("b.example", Status.NODATA))
    )
    assert (result.outcome, result.stage, reason_of(result)) == (
        Outcome.REFUSED,
        Stage.DNS,
        OutcomeReason.NO_USABLE_MX,
    )


@pytest.mark.parametrize("ip", ["0.0.0.0", "224.0.0.1", "::"])
def test_addresses_that_nobody_can_reach_take_no_mail(ip: str) -> None:
    result = observe(with_hosts(make.mx_host("a.example", ip_address(ip))))
    assert (result.outcome, reason_of(result)) == (Outcome.REFUSED, OutcomeReason.NO_USABLE_MX)


def test_an_address_where_a_name_belongs_takes_no_mail() -> None:
    result = observe(with_hosts(make.mx_host("9.9.9.9", is_literal=True)))
    assert (result.outcome, reason_of(result)) == (Outcome.REFUSED, OutcomeReason.NO_USABLE_MX)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.TIMEOUT, "A b.example: no answer in time"),
        (Status.SERVFAIL, "A b.example: SERVFAIL"),
        (Status.REFUSED, "A b.example: REFUSED"),
    ],
)
def test_one_host_that_dns_did_not_answer_for_keeps_the_route_open(status: Status, words: str) -> None:
    hosts = (unanswered("gone.example", Status.NXDOMAIN), unanswered("b.example", status))
    result = observe(with_hosts(*hosts))
    assert (result.outcome, result.ground, why(result)) == (
        Outcome.INCONCLUSIVE,
        Ground.DNS_UNKNOWN,
        words,
    )


def test_a_family_that_was_left_out_is_the_users_choice() -> None:
    v6 = make.mx_host("a.example", ip_address("2620:fe::9"))
    result = observe(with_hosts(replace(v6, addresses=())))
    assert (result.outcome, result.ground) == (Outcome.INCONCLUSIVE, Ground.NOT_REACHED)
    assert "-4 or -6" in why(result)


def test_a_host_given_with_mx_that_has_no_address_says_nothing_of_the_domain() -> None:
    result = observe(with_hosts(unanswered("typo.example", Status.NXDOMAIN), kind=RouteKind.FIXED))
    assert (result.outcome, result.ground) == (Outcome.INCONCLUSIVE, Ground.NOT_REACHED)
    assert "--mx" in why(result)


def test_a_domain_whose_mx_leads_back_to_the_sender_takes_no_mail() -> None:
    host = make.mx_host(
        "localhost.example", answers=(make.answer("x", RecordType.A, LOOPBACK),), addresses=(LOOPBACK,)
    )
    result = observe(with_hosts(host, sessions=(not_dialled(1, "localhost.example", LOOPBACK),)))
    assert (result.outcome, result.ground, reason_of(result)) == (
        Outcome.REFUSED,
        Ground.ROUTE,
        OutcomeReason.LOOPBACK_MX,
    )


def test_a_loopback_mx_beside_one_that_dns_did_not_answer_for_proves_nothing() -> None:
    host = make.mx_host(
        "l.example", answers=(make.answer("x", RecordType.A, LOOPBACK),), addresses=(LOOPBACK,)
    )
    facts = with_hosts(
        host, unanswered("b.example", Status.TIMEOUT), sessions=(not_dialled(1, "l", LOOPBACK),)
    )
    assert observe(facts).outcome is Outcome.INCONCLUSIVE


def test_a_loopback_host_that_the_user_named_proves_nothing() -> None:
    host = MxHost(0, "127.0.0.1", (LOOPBACK,), ())
    for kind in (RouteKind.FIXED, RouteKind.ADDRESS_LITERAL):
        result = observe(with_hosts(host, kind=kind, sessions=(not_dialled(1, "127.0.0.1", LOOPBACK),)))
        assert (result.outcome, result.ground) == (Outcome.INCONCLUSIVE, Ground.UNDIALLED)


@pytest.mark.parametrize("ip", ["0.0.0.0", "::", "224.0.0.1"])
def test_a_host_that_the_user_named_and_nobody_can_reach_proves_nothing(ip: str) -> None:
    nowhere = ip_address(ip)
    host = MxHost(0, ip, (nowhere,), (make.answer(ip, RecordType.A, nowhere),))
    facts = with_hosts(host, kind=RouteKind.FIXED, sessions=(not_dialled(1, ip, nowhere),))
    assert observe(facts).outcome is Outcome.INCONCLUSIVE


def test_private_addresses_are_not_dialled_and_prove_nothing() -> None:
    host = make.mx_host("p.example", PRIVATE)
    result = observe(with_hosts(host, sessions=(not_dialled(1, "p.example", PRIVATE),)))
    assert (result.outcome, result.stage, result.ground) == (
        Outcome.INCONCLUSIVE,
        Stage.CONNECT,
        Ground.UNDIALLED,
    )


@pytest.mark.parametrize(
    "end", [EndReason.REFUSED, EndReason.TIMEOUT, EndReason.UNREACHABLE, EndReason.DEADLINE]
)
def test_no_connection_is_inconclusive(end: EndReason) -> None:
    result = seen(make.failed_session(end))
    assert (result.outcome, result.stage, result.ground) == (
        Outcome.INCONCLUSIVE,
        Stage.CONNECT,
        Ground.NO_CONNECTION,
    )
    assert why(result) == end.words


def test_a_421_to_starttls_is_a_deferral_and_no_fault_of_tls() -> None:
    closing = make.reply(421, "4.3.2 closing")
    result = seen(met(Stage.STARTTLS, closing, tls=NO_TLS, end=EndReason.CLOSED_BY_PEER))
    assert (result.outcome, result.stage, result.ground) == (
        Outcome.DEFERRED,
        Stage.STARTTLS,
        Ground.REPLY,
    )
    assert result.reply == closing


@pytest.mark.parametrize("stage", [Stage.GREETING, Stage.EHLO, Stage.MAIL, Stage.RCPT])
def test_the_class_of_the_reply_decides_at_every_stage(stage: Stage) -> None:
    deferred, refused = seen(met(stage, LATER)), seen(met(stage, NO))
    assert (deferred.outcome, deferred.stage, deferred.ground) == (Outcome.DEFERRED, stage, Ground.REPLY)
    assert (refused.outcome, refused.stage, refused.ground) == (Outcome.REFUSED, stage, Ground.REPLY)
    assert refused.reply == NO


@pytest.mark.parametrize("stage", [Stage.GREETING, Stage.EHLO, Stage.MAIL, Stage.RCPT])
def test_silence_decides_nothing_at_any_stage(stage: Stage) -> None:
    result = seen(met(stage, None))
    assert (result.outcome, result.stage, result.ground) == (
        Outcome.INCONCLUSIVE,
        stage,
        Ground.NO_REPLY,
    )


def test_a_session_cut_off_before_rcpt_is_never_accepted() -> None:
    cut = met(Stage.MAIL, OK, end=EndReason.DEADLINE)
    result = seen(cut)
    assert (result.outcome, result.ground) == (Outcome.INCONCLUSIVE, Ground.NO_REPLY)
    assert seen(replace(cut, end=None)).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("code", [354, 334])
def test_an_intermediate_reply_to_rcpt_is_no_acceptance(code: int) -> None:
    assert seen(met(Stage.RCPT, make.reply(code, "go on"))).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("code", [250, 251, 252])
def test_every_completion_of_rcpt_is_an_acceptance(code: int) -> None:
    assert seen(met(Stage.RCPT, make.reply(code, "2.1.5 yes"))).outcome is Outcome.ACCEPTED


def test_a_reply_that_cannot_be_used_decides_nothing() -> None:
    session = met(Stage.RCPT, NO)
    garbled = (*session.exchanges[:-1], replace(session.exchanges[-1], usable=False))
    result = seen(replace(session, exchanges=garbled))
    assert (result.outcome, result.ground) == (Outcome.INCONCLUSIVE, Ground.DESYNCHRONISED)
    assert seen(replace(met(Stage.RCPT, OK), desynchronised=True)).ground is Ground.DESYNCHRONISED


def test_the_second_host_counts_after_the_first_put_off() -> None:
    assert seen(met(Stage.GREETING, LATER), make.session(2)).outcome is Outcome.ACCEPTED
    assert seen(met(Stage.GREETING, LATER), met(Stage.RCPT, NO, 2)).outcome is Outcome.REFUSED


def test_a_refused_greeting_decides_when_the_second_host_does_not_answer() -> None:
    for second in (make.failed_session(EndReason.TIMEOUT, 2), met(Stage.GREETING, None, 2)):
        result = seen(met(Stage.GREETING, NO), second)
        assert (result.outcome, result.stage) == (Outcome.REFUSED, Stage.GREETING)


@pytest.mark.parametrize("first", [LATER, NO])
def test_at_the_same_stage_a_passing_refusal_outweighs_a_lasting_one(first: Reply) -> None:
    second = NO if first is LATER else LATER
    result = seen(met(Stage.GREETING, first), met(Stage.GREETING, second, 2))
    assert (result.outcome, result.reply) == (Outcome.DEFERRED, LATER)


def test_one_host_that_greets_is_enough_for_a_domain() -> None:
    hosts = (
        met(Stage.EHLO, OK, 1, experiment=Experiment.DOMAIN),
        met(Stage.EHLO, NO, 2, experiment=Experiment.DOMAIN),
    )
    for sessions in (hosts, hosts[::-1]):
        result = seen(*sessions, target=DomainTarget("recipient.example"))
        assert (result.outcome, result.stage) == (Outcome.ACCEPTED, Stage.EHLO)


def test_control_experiments_never_decide() -> None:
    accepted = met(Stage.RCPT, OK, 2, experiment=Experiment.POSTMASTER)
    assert seen(met(Stage.RCPT, NO), accepted).outcome is Outcome.REFUSED


def test_the_first_rcpt_of_a_session_is_the_target() -> None:
    session = make.session()
    later = replace(session.exchanges[-1], reply=NO, ref="session:1:rcpt2")
    assert seen(replace(session, exchanges=(*session.exchanges, later))).outcome is Outcome.ACCEPTED


def test_helo_mends_a_refused_ehlo() -> None:
    session = make.session()
    refused = replace(session.exchanges[1], reply=make.reply(502, "5.5.2 what?"))
    assert seen(
        replace(session, exchanges=(session.exchanges[0], refused, *session.exchanges[1:]))
    ).outcome is (Outcome.ACCEPTED)


def test_rset_and_quit_never_decide() -> None:
    session = make.session()
    way_out = [make.exchange(stage, NO, str(stage).upper()) for stage in (Stage.RSET, Stage.QUIT)]
    assert seen(replace(session, exchanges=(*session.exchanges, *way_out))).outcome is Outcome.ACCEPTED


def test_failed_tls_alone_is_inconclusive() -> None:
    result = seen(TLS_FAILED)
    assert (result.outcome, result.stage, result.ground) == (
        Outcome.INCONCLUSIVE,
        Stage.STARTTLS,
        Ground.TLS,
    )
    assert why(result) == "handshake failure"


@pytest.mark.parametrize(
    ("reply", "outcome"), [(OK, Outcome.ACCEPTED), (NO, Outcome.REFUSED), (LATER, Outcome.DEFERRED)]
)
def test_after_failed_tls_the_session_in_the_clear_decides(reply: Reply, outcome: Outcome) -> None:
    assert seen(TLS_FAILED, met(Stage.RCPT, reply, 2)).outcome is outcome


def test_failed_tls_is_a_finding_for_a_domain_that_only_greets() -> None:
    broken = replace(TLS_FAILED, experiment=Experiment.DOMAIN)
    target = DomainTarget("recipient.example")
    assert seen(broken, target=target).outcome is Outcome.ACCEPTED
    required = seen(broken, target=target, options=Options(tls=TlsMode.REQUIRE))
    assert (required.outcome, required.ground) == (Outcome.INCONCLUSIVE, Ground.TLS)


def test_required_tls_that_is_not_offered_is_inconclusive() -> None:
    result = seen(met(Stage.EHLO, OK), options=Options(tls=TlsMode.REQUIRE))
    assert (result.outcome, result.stage, why(result)) == (
        Outcome.INCONCLUSIVE,
        Stage.STARTTLS,
        "STARTTLS is not offered",
    )


def test_an_address_beyond_ascii_needs_smtputf8() -> None:
    pair = PairTarget(make.SENDER, parse_mailbox("jörg@recipient.example"))
    plain = met(Stage.EHLO, OK, extensions=make.extensions(("SIZE", "0")))
    result = seen(plain, target=pair)
    assert (result.outcome, result.stage, result.ground) == (
        Outcome.REFUSED,
        Stage.MAIL,
        Ground.SMTPUTF8,
    )


def test_a_session_without_any_exchange_decides_nothing() -> None:
    bare = make.session(exchanges=(), end=EndReason.CLOSED_BY_PEER)
    assert deciding_exchange(bare) is None
    assert seen(bare).ground is Ground.NO_REPLY


def test_the_exchange_that_decided_is_named() -> None:
    result = seen(met(Stage.RCPT, NO))
    assert isinstance(result.exchange, Exchange)
    assert result.ref == "session:1:rcpt"
    assert seen(options=Options(smtp=False), sessions=()).ref == "dns:MX"
