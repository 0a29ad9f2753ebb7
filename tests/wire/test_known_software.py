"""A default reply that says little, from a program that the session tells, and the same words from another.

The greetings, EHLO answers and replies are those that the programs gave when run (software.toml)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model.report import Report
from tests.support.dns_server import Fault
from tests.support.judging_server import Manner
from tests.wire.test_bare_refusals import CLEAN, Case, at, met

POSTFIX = Manner(
    "mx.recipient.example ESMTP Postfix",
    "mx.recipient.example",
    ("PIPELINING", "SIZE 10240000", "VRFY", "ETRN", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "CHUNKING"),
    "2.1.0 Ok",
    "2.1.5 Ok",
)
SENDMAIL = Manner(
    "mx.recipient.example ESMTP Sendmail 8.17.1.9/8.17.1.9; Sat, 28 Nov 2026 23:18:30 GMT",
    "mx.recipient.example Hello client [127.0.0.9], pleased to meet you",
    ("ENHANCEDSTATUSCODES", "PIPELINING", "EXPN", "VERB", "8BITMIME", "SIZE", "DSN", "DELIVERBY", "HELP"),
    "2.1.0 <bob@sender.example>... Sender ok",
    "2.1.5 <alice@recipient.example>... Recipient ok",
)
HARAKA = Manner(
    "mx.recipient.example ESMTP Haraka/3.3.4 ready (234721)",
    "mx.recipient.example Hello client [127.0.0.9], Haraka is at your service.",
    ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 26214400"),
    "sender <bob@sender.example> OK",
    "recipient <alice@recipient.example> OK",
)
EXIM = Manner(
    "mx.recipient.example ESMTP Exim 4.96 Sat, 28 Nov 2026 23:16:02 +0000",
    "mx.recipient.example Hello mail.sender.example [127.0.0.9]",
    ("SIZE 52428800", "8BITMIME", "PIPELINING", "PIPECONNECT", "CHUNKING", "HELP"),
    "OK",
    "Accepted",
)
PLAIN = Manner()
PUT_OFF = "451 4.3.2 Please try again later"
DENIED = "550 recipient <alice@recipient.example> denied"
LOCAL_PROBLEM = "451 Temporary local problem - please try later"


def _act(report: Report) -> tuple[str | None, str, str]:
    return report.verdict.cause, report.verdict.fix_by, report.verdict.retry


def _told(report: Report, rule: str) -> list[str]:
    return [it.text for cause in report.causes for it in cause.evidence_for if it.rule == rule]


async def test_a_filter_behind_sendmail_that_is_out_of_reach_is_the_receivers_affair() -> None:
    report, _ = await met(Case(at("rcpt"), (), manner=SENDMAIL), PUT_OFF)
    assert _act(report) == ("server_error", "recipient_admin", "later")
    assert report.verdict.band != "stated", "a greeting is a claim"
    assert all("Sendmail, by its greeting" in text for text in _told(report, "sendmail.milter-deferred"))
    assert _told(report, "sendmail.milter-deferred")


@pytest.mark.parametrize("manner", [PLAIN, POSTFIX, HARAKA], ids=["nothing told", "Postfix", "Haraka"])
async def test_under_another_greeting_the_same_words_are_those_of_greylisting(manner: Manner) -> None:
    report, _ = await met(Case(at("rcpt"), (), manner=manner), PUT_OFF)
    assert _act(report) == ("greylisted", "nobody", "later")
    assert not _told(report, "sendmail.milter-deferred")


async def test_a_greeting_without_a_name_is_told_by_what_follows_and_counts_less() -> None:
    nameless = replace(SENDMAIL, greeting="mx.recipient.example ESMTP")
    report, _ = await met(Case(at("rcpt"), (), manner=nameless), PUT_OFF)
    assert _act(report) == ("server_error", "recipient_admin", "later")
    assert any("by its answer to EHLO" in text for text in _told(report, "sendmail.milter-deferred"))
    named, _ = await met(Case(at("rcpt"), (), manner=SENDMAIL), PUT_OFF)
    assert report.verdict.confidence < named.verdict.confidence


async def test_harakas_denial_of_a_recipient_is_no_word_about_the_mailbox() -> None:
    texts, _ = await met(Case(at("rcpt"), (), manner=HARAKA), DENIED)
    other, _ = await met(Case(at("rcpt"), (), manner=POSTFIX), DENIED)
    assert _told(texts, "haraka.recipient-denied") and not _told(other, "haraka.recipient-denied")

    def share(report: Report, cause: str) -> float:
        return next(it.probability for it in report.causes if it.id == cause)

    assert share(texts, "user_unknown") < share(other, "user_unknown") / 3
    assert texts.verdict.cause != "user_unknown" and texts.verdict.retry == "after_fix"


async def test_words_of_one_server_are_not_believed_under_the_name_of_another() -> None:
    refused = "550 5.0.0 Command rejected"
    report, _ = await met(Case(at("mail"), (), manner=SENDMAIL), refused)
    assert _told(report, "sendmail.session-refused")
    assert (report.verdict.cause, report.verdict.retry) == ("policy_unspecified", "after_fix")
    other, _ = await met(Case(at("mail"), (), manner=EXIM), refused)
    assert not _told(other, "sendmail.session-refused")


async def test_exims_local_problem_is_the_senders_dns_where_that_fails_here_too() -> None:
    broken = dict.fromkeys(("sender.example", "_dmarc.sender.example"), Fault.SERVFAIL)
    report, _ = await met(Case(at("rcpt"), (), manner=EXIM, faults=broken), LOCAL_PROBLEM)
    assert _act(report) == ("sender_invalid", "sender", "later")
    assert any("SERVFAIL" in text for text in _told(report, "fact.sender-dns-as-told"))
    clean, _ = await met(Case(at("rcpt"), (), CLEAN, manner=EXIM), LOCAL_PROBLEM)
    assert _act(clean) == ("server_error", "recipient_admin", "later")
