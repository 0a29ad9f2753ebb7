"""Outcomes that this host's own mail server brings about: whose they are, and that nobody else is blamed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.checks.catalogue import findings_of
from probe.diagnosis.contact_note import contact_note
from probe.diagnosis.next_test import next_test
from probe.diagnosis.verdict import Diagnosis, diagnose
from probe.facts.model import Facts
from probe.model.reply import Stage
from probe.model.sender_mta import HopKind, MtaSoftware, SenderMta, TlsLevel, TlsPolicy
from probe.model.target import Endpoint, Options
from probe.standards.dns.results import RouteKind
from probe.standards.tls.results import DaneStatus
from tests.support import facts as make
from tests.support.own_server import kept_here
from tests.unit.checks.vantage.test_sender_mta import BROKEN, MTA, RELAYING, to
from tests.unit.diagnosis.own_cases import UNKNOWN_USER, of_one_family, unverified
from tests.unit.diagnosis.test_outcome import met

OK = make.reply(250, "ok")


def diagnosed(facts: Facts) -> Diagnosis:
    return diagnose(facts, findings_of(facts))


@pytest.mark.parametrize(
    ("mta", "expected", "says"),
    [
        (
            to(HopKind.REFUSED, "5.1.2 no mail"),
            ("refused", 1, "policy_unspecified", "sender"),
            "5.1.2 no mail",
        ),
        (to(HopKind.DEFERRED, "paused"), ("deferred", 3, "server_error", "sender"), "paused"),
        (to(HopKind.DISCARDED), ("inconclusive", 4, None, "sender"), "throws this mail away"),
        (to(HopKind.LOCAL), ("inconclusive", 4, None, "sender"), "delivers this mail itself"),
        (to(HopKind.PROGRAM, "uucp"), ("inconclusive", 4, None, "sender"), "to uucp"),
        (BROKEN, ("deferred", 3, "tls_problem", "sender"), "Postfix on this host"),
        (
            UNKNOWN_USER,
            ("refused", 1, "user_unknown", "sender"),
            "it has no mailbox alice@d.example",
        ),
        (
            replace(RELAYING, tls=TlsPolicy(TlsLevel.ENCRYPT, "s", wrapped=True)),
            ("inconclusive", 4, None, "nobody"),
            "TLS from the first octet",
        ),
    ],
)
def test_what_it_does_itself_is_the_senders(
    mta: SenderMta, expected: tuple[str, int, str | None, str], says: str
) -> None:
    facts = kept_here(mta)
    diagnosis = diagnosed(facts)
    verdict = diagnosis.verdict
    assert (verdict.outcome, verdict.exit_code, verdict.cause, verdict.fix_by) == expected
    assert says in verdict.summary
    assert verdict.stage is Stage.INPUT
    assert not contact_note(facts, diagnosis.result)
    test = next_test(facts, diagnosis)
    assert test is not None and test.command is not None and "--route mx" in test.command


def test_a_message_larger_than_it_takes_is_refused_here() -> None:
    facts = kept_here(MTA, options=Options(size=10_240_001))
    verdict = diagnosed(facts).verdict
    assert (verdict.outcome, verdict.cause, verdict.fix_by) == ("refused", "message_too_large", "sender")
    assert "10240000 octets" in verdict.summary


@pytest.mark.parametrize("kind", [RouteKind.NO_DOMAIN, RouteKind.NULL_MX])
def test_a_domain_that_takes_no_mail_of_anybody_goes_first(kind: RouteKind) -> None:
    gone = make.recipient_facts(mx=make.mx_result(kind))
    verdict = diagnosed(kept_here(to(HopKind.REFUSED, "Unrouteable address"), recipient=gone)).verdict
    assert (verdict.cause, verdict.stage) == ("bad_domain", "dns")


@pytest.mark.parametrize(
    ("argument", "outcome"), [(Options(), "refused"), (Options(families=(4,)), "inconclusive")]
)
def test_hosts_of_the_other_family_alone(argument: Options, outcome: str) -> None:
    """The server's own setting sends the mail back; an option only keeps the probe away. Both are the
    sender's, and an option is no cause."""
    facts = of_one_family(argument)
    verdict = diagnosed(facts).verdict
    assert (verdict.outcome, verdict.fix_by) == (outcome, "sender")
    assert (verdict.cause is None) == (outcome == "inconclusive")


@pytest.mark.parametrize("waits", [True, False])
def test_a_refusing_greeting_makes_postfix_wait(waits: bool) -> None:
    """smtp_skip_5xx_greeting, which is on by default."""
    refused = met(Stage.GREETING, make.reply(554, "5.7.1 no"))
    facts = make.facts(sessions=(refused,), mta=replace(MTA, waits_at_greeting=waits))
    assert diagnosed(facts).verdict.outcome == ("deferred" if waits else "refused")
    later = replace(facts, sessions=(met(Stage.RCPT, make.reply(554, "5.7.1 no")),))
    assert diagnosed(later).verdict.outcome == "refused"


@pytest.mark.parametrize(
    ("policy", "status", "outcome", "fix_by", "says"),
    [
        (TlsPolicy(TlsLevel.VERIFY, "s", ("hostname",), roots=""), None, "deferred", "sender", "no CA file"),
        (TlsPolicy(TlsLevel.SECURE, "s", ("nexthop",)), None, "deferred", "either", "not for"),
        (TlsPolicy(TlsLevel.FINGERPRINT, "s", ("00",)), None, "deferred", "either", "fingerprint"),
        (TlsPolicy(TlsLevel.DANE, "s"), DaneStatus.MISMATCHED, "deferred", "recipient_admin", "TLSA"),
        (TlsPolicy(TlsLevel.DANE_ONLY, "s"), DaneStatus.ABSENT, "deferred", "sender", "no TLSA record"),
        (TlsPolicy(TlsLevel.DANE, "s"), DaneStatus.UNKNOWN, "deferred", "either", "DNS does not say"),
    ],
)
def test_a_certificate_that_the_server_does_not_take(
    policy: TlsPolicy, status: DaneStatus | None, outcome: str, fix_by: str, says: str
) -> None:
    dane = (make.dane(status),) if status is not None else ()
    facts = unverified(policy, recipient=make.recipient_facts(dane=dane))
    verdict = diagnosed(facts).verdict
    assert (verdict.outcome, verdict.cause, verdict.fix_by) == (outcome, "tls_problem", fix_by)
    assert verdict.exit_code == 3
    assert says in verdict.summary
    assert "Postfix on this host, which demands TLS" in verdict.summary


def test_exim_sends_back_what_dane_is_demanded_for_and_not_published() -> None:
    facts = unverified(TlsPolicy(TlsLevel.DANE_ONLY, "s"), MtaSoftware.EXIM)
    verdict = diagnosed(facts).verdict
    assert (verdict.outcome, verdict.fix_by, verdict.exit_code) == ("refused", "sender", 1)


def test_the_policy_of_another_host_is_not_this_senders() -> None:
    """DANE that fails counts for a server that goes by it, and its session has met it already."""
    dane = make.recipient_facts(dane=(make.dane(DaneStatus.MISMATCHED),))
    facts = make.facts(recipient=dane, mta=MTA, tls_policy=MTA.tls)
    verdict = diagnosed(facts).verdict
    assert (verdict.outcome, verdict.exit_code) == ("accepted", 0)
    assert "a sender that enforces it" in verdict.summary


def test_a_host_of_the_users_is_asked_whatever_the_server_would_do() -> None:
    facts = make.facts(
        sessions=(met(Stage.RCPT, OK),),
        mta=to(HopKind.REFUSED, "no"),
        options=Options(mx=Endpoint("mx.test", 25)),
    )
    assert diagnosed(facts).verdict.outcome == "accepted"


@pytest.mark.parametrize("keeps", [True, False])
def test_a_server_that_keeps_what_is_refused_tries_again(keeps: bool) -> None:
    """soft_bounce: the reply is final, and the mail waits."""
    refused = met(Stage.RCPT, make.reply(550, "5.1.1 user unknown"))
    facts = make.facts(sessions=(refused,), mta=replace(MTA, waits_at_refusal=keeps))
    verdict = diagnosed(facts).verdict
    assert (verdict.outcome, verdict.exit_code) == (("deferred", 3) if keeps else ("refused", 1))
