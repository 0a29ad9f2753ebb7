"""This machine's faults, and its user's choices, are nobody else's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.checks.catalogue import findings_of
from probe.diagnosis.verdict import diagnose
from probe.facts.model import Facts
from probe.facts.resolver import NameServerFacts
from probe.facts.session import Session
from probe.model.logged import LogAccount
from probe.model.observed import Gap, Part
from probe.model.reason import Reason
from probe.model.report import Verdict
from probe.model.session import EndReason
from probe.model.target import Options
from probe.model.verdict import ExitCode, FixBy, Outcome, Retry
from probe.recording.events import NotReached
from probe.standards.dns.health import Health
from probe.standards.dns.message import RecordType, Status
from probe.standards.dns.results import RouteKind
from tests.support import facts as make
from tests.support.barred import BARRED, LOCAL, NO_ROUTE, TURNED_AWAY, attempts
from tests.unit.diagnosis.test_evidence_of_a_log import DELIVERY

SENDERS = (FixBy.SENDER, FixBy.SENDER_NETWORK)
HERE = [it for it in BARRED if it[2] != "port-silent"]


def verdict(facts: Facts) -> Verdict:
    return diagnose(facts, findings_of(facts)).verdict


@pytest.mark.parametrize("sessions", [it[1] for it in HERE], ids=[it[0] for it in HERE])
def test_no_connection_for_a_reason_of_this_side_is_this_sides(sessions: tuple[Session, ...]) -> None:
    result = verdict(make.facts(sessions=sessions))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert (result.cause, result.retry, result.exit_code) == (
        "connection_failed",
        Retry.AFTER_FIX,
        ExitCode.INCONCLUSIVE,
    )
    assert result.fix_by in SENDERS
    assert "no MX host" not in result.summary


@pytest.mark.parametrize(
    ("sessions", "fix_by"),
    [(NO_ROUTE, FixBy.SENDER), (LOCAL, FixBy.SENDER), (TURNED_AWAY, FixBy.SENDER_NETWORK)],
)
def test_who_mends_it(sessions: tuple[Session, ...], fix_by: FixBy) -> None:
    assert verdict(make.facts(sessions=sessions)).fix_by is fix_by


def test_silence_of_one_network_may_be_anybodys() -> None:
    result = verdict(make.facts(sessions=attempts(EndReason.TIMEOUT, "9.9.9.16")))
    assert (result.fix_by, result.cause) == (FixBy.EITHER, "connection_failed")


def without_dns(health: Health) -> Facts:
    silent = make.mx_result(
        RouteKind.UNKNOWN, answers=(make.answer("recipient.example", RecordType.MX, status=Status.TIMEOUT),)
    )
    servers = NameServerFacts(health, silent=("192.0.2.53",))
    recipient = make.recipient_facts(mx=replace(silent, hosts=()))
    return make.facts(recipient=recipient, sessions=(), name_servers=servers)


@pytest.mark.parametrize("health", [Health.SILENT, Health.REFUSING, Health.FAILING])
def test_a_resolver_that_is_no_use_is_this_sides(health: Health) -> None:
    result = verdict(without_dns(health))
    assert (result.outcome, result.cause, result.fix_by) == (
        Outcome.INCONCLUSIVE,
        "dns_failure",
        FixBy.SENDER_NETWORK,
    )
    assert "192.0.2.53" in result.summary and "recipient.example" not in result.summary


@pytest.mark.parametrize(
    ("words", "is_remote", "cause", "fix_by"),
    [
        (
            "connect to mx.recipient.example[192.0.2.1]:25: Connection refused",
            False,
            "dns_failure",
            FixBy.SENDER_NETWORK,
        ),
        ("550 5.1.1 user unknown", True, "user_unknown", FixBy.SENDER),
    ],
)
def test_with_such_a_resolver_only_a_remote_servers_reply_in_the_log_counts(
    words: str, is_remote: bool, cause: str, fix_by: FixBy
) -> None:
    delivery = replace(DELIVERY, words=words, is_remote=is_remote, stage=None)
    log = LogAccount(("mail.log",), "", "", delivery, 0, None)
    result = verdict(replace(without_dns(Health.SILENT), log=log))
    assert (result.outcome, result.cause, result.fix_by) == (Outcome.INCONCLUSIVE, cause, fix_by)


def test_a_domain_that_alone_is_not_answered_for_is_not() -> None:
    assert verdict(without_dns(Health.WORKING)).fix_by is FixBy.EITHER


STOPPED = (NotReached(9, Part.SESSIONS, Reason(Gap.INTERRUPTED)),)


@pytest.mark.parametrize("end", [EndReason.INTERRUPTED, None])
def test_a_run_that_was_stopped_while_connecting_has_no_cause(end: EndReason | None) -> None:
    session = replace(attempts(EndReason.INTERRUPTED, "9.9.9.16")[0], end=end)
    result = verdict(make.facts(sessions=(session,), not_reached=STOPPED))
    assert (result.outcome, result.cause, result.fix_by) == (Outcome.INCONCLUSIVE, None, FixBy.NOBODY)
    assert "you stopped it while connecting to" in result.summary


def test_a_run_that_was_stopped_in_the_middle_of_a_session_has_none_either() -> None:
    session = make.session(end=EndReason.INTERRUPTED)
    session = replace(
        session, exchanges=(*session.exchanges[:-1], replace(session.exchanges[-1], reply=None))
    )
    result = verdict(make.facts(sessions=(session,), not_reached=STOPPED))
    assert (result.outcome, result.cause, result.fix_by) == (Outcome.INCONCLUSIVE, None, FixBy.NOBODY)
    assert "you stopped it while waiting for the answer of" in result.summary


def test_what_was_answered_before_the_run_was_stopped_stands() -> None:
    session = make.session(end=EndReason.INTERRUPTED)
    assert verdict(make.facts(sessions=(session,), not_reached=STOPPED)).outcome is Outcome.ACCEPTED


def test_a_recording_that_ends_there_says_so() -> None:
    session = replace(attempts(EndReason.INTERRUPTED, "9.9.9.16")[0], end=None)
    result = verdict(make.facts(sessions=(session,), complete=False))
    assert (result.cause, result.fix_by) == (None, FixBy.NOBODY)
    assert "the run ended while connecting to" in result.summary


def test_hosts_that_the_options_leave_out_are_the_options_doing() -> None:
    facts = make.facts(sessions=(), options=Options(ip=make.SOURCE, families=(6,)))
    mx = facts.recipient.mx
    hosts = tuple(replace(host, addresses=()) for host in mx.hosts)
    facts = replace(facts, recipient=make.recipient_facts(mx=replace(mx, hosts=hosts)))
    result = verdict(facts)
    assert (result.outcome, result.cause, result.fix_by) == (Outcome.INCONCLUSIVE, None, FixBy.SENDER)
    assert "by the choice of the options" in result.summary
