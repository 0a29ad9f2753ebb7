"""What the replies of common mail servers lead to, with a healthy sender and with faults around it that the
reply does not speak of: the server's own words win, and a fault decides only where they leave it open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from probe.checks.catalogue import findings_of
from probe.diagnosis.answer import refuses_this_client, settles_cause
from probe.diagnosis.verdict import diagnose
from probe.facts.model import Facts
from probe.model.listing import ListingStatus
from probe.model.reply import Reply, Stage
from probe.model.report import Verdict
from probe.model.session import Experiment
from probe.standards.dns.results import PtrStatus, RouteKind
from probe.standards.spf.results import SpfVerdict
from tests.support import facts as make
from tests.unit.diagnosis.test_evidence import again, others, refused
from tests.unit.diagnosis.test_outcome import met

GREETING, EHLO, MAIL, RCPT = Stage.GREETING, Stage.EHLO, Stage.MAIL, Stage.RCPT
LISTED = (make.listing(ListingStatus.LISTED),)
BESIDE: dict[str, dict[str, Any]] = {
    "clean": {},
    "SPF fails": {"sender": make.sender_facts(spf=make.spf(SpfVerdict.FAIL))},
    "listed": {"listings": LISTED},
    "no PTR": {"sender": make.sender_facts(ptr=make.ptr(PtrStatus.MISSING), helo=make.helo(resolves=False))},
    "sender domain dead": {
        "sender": make.sender_facts(mail=make.mx_result(RouteKind.NO_DOMAIN, domain="sender.example"))
    },
    "all of it": {
        "sender": make.sender_facts(spf=make.spf(SpfVerdict.FAIL), ptr=make.ptr(PtrStatus.MISSING)),
        "listings": LISTED,
    },
}
# stage, reply, cause, retry
REPLIES: tuple[tuple[Stage, str, str, str], ...] = (
    # Postfix
    (RCPT, "554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using bl.example",
     "ip_blocklisted", "after_fix"),
    (RCPT, "550 5.7.1 Service unavailable; client [192.0.2.9] blocked using bl.example",
     "ip_blocklisted", "after_fix"),
    (RCPT, "454 4.7.1 <a@b.example>: Relay access denied", "relay_denied", "after_fix"),
    (RCPT, "554 5.7.1 <a@b.example>: Relay access denied", "relay_denied", "after_fix"),
    (RCPT, "450 4.1.8 <x@y.example>: Sender address rejected: Domain not found",
     "sender_invalid", "after_fix"),
    (MAIL, "550 5.1.8 <x@y.example>: Sender address rejected: Domain not found",
     "sender_invalid", "after_fix"),
    (RCPT, "550 5.7.25 Client host rejected: cannot find your reverse hostname, [192.0.2.9]",
     "rdns_helo", "after_fix"),
    (RCPT, "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.9]",
     "rdns_helo", "after_fix"),
    (RCPT, "504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname", "rdns_helo", "after_fix"),
    (RCPT, "450 4.7.1 <x.example>: Helo command rejected: Host not found", "rdns_helo", "after_fix"),
    (MAIL, "530 5.7.0 Must issue a STARTTLS command first", "tls_problem", "after_fix"),
    (MAIL, "552 5.3.4 Message size exceeds fixed limit", "message_too_large", "after_fix"),
    (MAIL, "452 4.3.1 Insufficient system storage", "server_error", "later"),
    (GREETING, "421 4.7.0 mx.b.example Error: too many connections from 192.0.2.9", "rate_limited", "later"),
    (MAIL, "450 4.7.1 Error: too much mail from 192.0.2.9", "rate_limited", "later"),
    (RCPT, "554 5.7.1 <x@y.example>: Sender address rejected: Access denied", "sender_blocked", "after_fix"),
    (RCPT, "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in local recipient table",
     "user_unknown", "never"),
    (RCPT, "450 4.1.1 <a@b.example>: Recipient address rejected: unverified address: mx said: no such user",
     "user_unknown", "after_fix"),
    (RCPT, "550 5.2.1 <a@b.example>: Recipient address rejected: mailbox disabled",
     "mailbox_disabled", "after_fix"),
    (RCPT, "552 5.2.2 <a@b.example>: Recipient address rejected: mailbox full", "mailbox_full", "later"),
    (RCPT, "452 4.2.2 <a@b.example>: Recipient address rejected: quota exceeded", "mailbox_full", "later"),
    (RCPT, "451 4.3.5 Server configuration error", "server_error", "later"),
    (RCPT, "556 5.1.10 <a@b.example>: Recipient address rejected: Domain does not accept mail (nullMX)",
     "bad_domain", "never"),
    # policy servers
    (RCPT, "550 5.7.23 <a@b.example>: Recipient address rejected: Message rejected due to: SPF fail - not "
     "authorized. Please see http://www.openspf.net/Why?s=mfrom;id=x@y.example;ip=192.0.2.9;r=mx.example",
     "auth_failed", "after_fix"),
    (RCPT, "450 4.2.0 <a@b.example>: Recipient address rejected: Greylisted, see http://postgrey.example/help",
     "greylisted", "later"),
    (RCPT, "450 4.7.1 <a@b.example>: Recipient address rejected: Policy Rejection- Message quota exceeded",
     "rate_limited", "later"),
    (RCPT, "550 5.7.1 <l@b.example>: Recipient address rejected: only members may post to this list",
     "recipient_refused", "after_fix"),
    # Exim
    (RCPT, "550 relay not permitted", "relay_denied", "after_fix"),
    (RCPT, "550 Unrouteable address", "user_unknown", "after_fix"),
    (RCPT, "550-Verification failed for <x@y.example>\nUnrouteable address\nSender verify failed",
     "sender_invalid", "after_fix"),
    (RCPT, "550-192.0.2.9 is in a black list at bl.example\nsee http://bl.example",
     "ip_blocklisted", "after_fix"),
    (RCPT, "451 You have been greylisted, please try again later", "greylisted", "later"),
    (RCPT, "451 Temporary local problem - please try later", "server_error", "later"),
    (GREETING, "421 Too many concurrent SMTP connections; please try again later.", "rate_limited", "later"),
    # OpenSMTPD
    (RCPT, "550 Invalid recipient: <a@b.example>", "user_unknown", "after_fix"),
)  # fmt: skip


def reply_of(text: str) -> Reply:
    code, rest = int(text[:3]), text[4:]
    return make.reply(code, *rest.split("\n"))


def verdict_of(facts: Facts) -> Verdict:
    return diagnose(facts, findings_of(facts)).verdict


@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize(("stage", "text", "cause", "retry"), REPLIES, ids=[row[1][:60] for row in REPLIES])
def test_the_servers_own_words_decide(stage: Stage, text: str, cause: str, retry: str, beside: str) -> None:
    reply = reply_of(text)
    verdict = verdict_of(make.facts(sessions=(met(stage, reply),), **BESIDE[beside]))
    outcome, code = ("deferred", 3) if reply.is_transient else ("refused", 1)
    assert (verdict.outcome, verdict.stage, verdict.exit_code) == (outcome, stage.value, code)
    assert verdict.cause == cause
    assert verdict.retry == retry
    assert verdict.reply == str(reply)


@pytest.mark.parametrize(
    ("beside", "cause"),
    [("listed", "ip_blocklisted"), ("sender domain dead", "sender_invalid")],
)
def test_where_the_reply_says_nothing_a_fault_decides(beside: str, cause: str) -> None:
    for reply in (make.reply(550, "5.7.1 rejected"), make.reply(550, "5.0.0 no")):
        verdict = verdict_of(make.facts(sessions=(met(MAIL, reply),), **BESIDE[beside]))
        assert verdict.cause == cause
        assert verdict.band != "stated"


def test_a_refusal_before_rcpt_is_never_about_a_mailbox() -> None:
    for stage in (GREETING, EHLO, MAIL):
        assert verdict_of(
            make.facts(sessions=(met(stage, make.reply(550, "5.1.1 user unknown")),))
        ).cause != ("user_unknown")


def test_the_same_unknown_for_everybody_is_about_the_domain() -> None:
    text = "5.0.0 user unknown"
    verdict = verdict_of(refused(text, others(text, text)))
    assert verdict.cause == "bad_domain"
    assert verdict.band in ("undecided", "possible"), "an inference, and a mail server answers there"
    assert verdict.retry == "after_fix", "no record and no words say that the domain takes no mail"
    assert verdict_of(refused(text, others(None, text))).cause == "user_unknown"


def test_a_specific_status_stands_even_when_postmaster_is_missing_too() -> None:
    text = "5.1.1 <x@recipient.example>: Recipient address rejected: User unknown in local recipient table"
    assert verdict_of(refused(text, others(text, text))).cause == "user_unknown"


def test_a_refusal_that_the_null_sender_does_not_get_is_about_the_sender() -> None:
    text = "5.0.0 rejected"
    verdict = verdict_of(refused(text, others(text, text), again(Experiment.NULL_SENDER, None)))
    assert verdict.cause in ("sender_blocked", "sender_invalid", "auth_failed")


def test_a_mailbox_refused_where_a_made_up_one_is_taken_is_known() -> None:
    verdict = verdict_of(refused("5.0.0 rejected", others(None, None)))
    assert verdict.cause in ("mailbox_disabled", "recipient_refused")


def test_a_mailbox_refused_otherwise_than_a_made_up_one_is_known() -> None:
    text = "5.7.1 <alice@recipient.example>: Recipient address rejected: Access denied"
    assert verdict_of(refused(text, others(None, "5.1.1 user unknown"))).cause == "recipient_refused"


@pytest.mark.parametrize(
    ("text", "settled"),
    [
        ("550 5.1.1 user unknown", True),
        ("554 5.0.0 user unknown", False),
        ("550 No such user here", True),
        ("550 5.7.1 Recipient rejected", False),
        ("550 Invalid recipient: <a@b.example>", False),
        ("550 5.0.0 rejected", False),
        ("550 5.7.1 rejected for policy reasons", False),
        ("554 5.7.1 <a@b.example>: Relay access denied", True),
        ("450 4.7.1 not now", True),
        ("451 4.3.0 try later", True),
    ],
)
def test_experiments_are_made_only_for_lasting_refusals_that_name_no_cause(text: str, settled: bool) -> None:
    assert settles_cause(reply_of(text), RCPT) is settled


def test_evidence_for_a_cause_is_shown_with_evidence_against_it() -> None:
    facts = make.facts(sessions=(met(RCPT, make.reply(550, "5.7.1 SPF check failed")),))
    ranking = diagnose(facts, findings_of(facts)).ranking[0]
    assert ranking.id == "auth_failed"
    assert "fact.spf-pass" in {evidence.rule for evidence, _ in ranking.evidence_against}


def test_the_order_of_sessions_of_experiments_does_not_matter() -> None:
    text = "5.0.0 rejected"
    one, two = others(None, text), again(Experiment.NULL_SENDER, text)
    first, second = refused(text, one, two), refused(text, two, one)
    assert verdict_of(first) == verdict_of(replace(second, started_at=first.started_at))


@pytest.mark.parametrize(
    ("text", "refused_itself"),
    [
        ("554 5.7.1 Client host [192.0.2.1] blocked using a block list", True),
        ("450 4.7.1 too many connections from your IP", True),
        ("250 ok", False),
        ("550 5.0.0 rejected", False),
        ("550 5.1.1 user unknown", False),
        ("550 5.7.1 your message looks like spam", False),
        ("451 4.7.1 Greylisted", False),
    ],
)
def test_a_refusal_of_the_probe_itself_is_told_from_others(text: str, refused_itself: bool) -> None:
    assert refuses_this_client(reply_of(text), RCPT) is refused_itself
