"""Kinds of replies that good guesses get wrong: the cause, who must act, and when to try again.

A right cause with a wrong act is a failure. Each kind stands in several wordings and in more than one
language; none is taken from anybody's log.
"""

from __future__ import annotations

import pytest

from probe.explanation import explain
from probe.model.evidence import Band
from probe.model.reply import Stage

RCPT, MAIL, EHLO, GREETING, EOD = Stage.RCPT, Stage.MAIL, Stage.EHLO, Stage.GREETING, Stage.END_OF_DATA
Row = tuple[Stage | None, str, str, str, str]

# A reply that quotes another server: the head says whose address is meant, the quotation why.
QUOTED: tuple[Row, ...] = (
    (RCPT, "550 5.1.0 <s@sender.test>: Sender address rejected: undeliverable address: host "
     "mx.sender.test[192.0.2.1] "
     "said: 550 5.1.1 <s@sender.test>: User unknown (in reply to RCPT TO command)", "sender_invalid",
     "sender", "after_fix"),
    (MAIL, "550 5.1.0 <s@sender.test>: Sender address rejected: undeliverable address: host "
     "mx.sender.test[192.0.2.1] "
     "said: 554 5.7.1 Service unavailable; client blocked using bl.example (in reply to end of data)",
     "sender_invalid", "sender", "after_fix"),
    (RCPT, "450 4.1.7 <s@sender.test>: Sender address rejected: unverified address: connect to "
     "mx.sender.test[192.0.2.1]:25: "
     "Connection timed out", "sender_invalid", "sender", "later"),
    (RCPT, "450 4.1.7 <s@sender.test>: Sender address rejected: unverified address: host "
     "mx.sender.test[192.0.2.1] said: "
     "451 4.7.1 Greylisted (in reply to RCPT TO command)", "sender_invalid", "sender", "later"),
    (RCPT, "550 5.1.1 <a@rcpt.test>: Recipient address rejected: undeliverable address: host "
     "mx.rcpt.test[192.0.2.7] said: "
     "552 5.2.2 Mailbox full (in reply to RCPT TO command)", "mailbox_full", "recipient", "later"),
    (RCPT, "550 5.1.1 <a@rcpt.test>: Recipient address rejected: undeliverable address: host "
     "mx.rcpt.test[192.0.2.7] said: "
     "550 Postfach existiert nicht (in reply to RCPT TO command)", "user_unknown", "sender", "never"),
    (RCPT, "550 5.1.1 <a@rcpt.test>: Recipient address rejected: undeliverable address: host "
     "in.rcpt.test[192.0.2.7] said: "
     "550 5.2.1 account disabled (in reply to RCPT TO command)", "mailbox_disabled", "recipient",
     "after_fix"),
    (RCPT, "550 5.1.1 <a@rcpt.test>: Recipient address rejected: undeliverable address: mail for "
     "203.0.113.32 loops back to myself",
     "routing_loop", "recipient_admin", "after_fix"),
    (RCPT, "450 4.1.1 <a@rcpt.test>: Recipient address rejected: undeliverable address: mail for rcpt.test "
     "loops back to myself",
     "routing_loop", "recipient_admin", "after_fix"),
    (RCPT, "550 5.1.1 <a@rcpt.test>: Recipient address rejected: undeliverable address: unknown mail "
     "transport error",
     "server_error", "recipient_admin", "later"),
    (RCPT, "450 4.1.1 <a@rcpt.test>: Recipient address rejected: unverified address: connect to "
     "private/lmtp: No such file or directory",
     "server_error", "recipient_admin", "later"),
    # our own log around it
    (None, "host mx.rcpt.test[192.0.2.7] said: 550 5.1.0 <s@sender.test>: Sender address rejected: "
     "undeliverable address: host "
     "mx.sender.test[192.0.2.1] said: 550 5.1.1 No such user (in reply to RCPT TO command) (in reply to "
     "RCPT TO command)",
     "sender_invalid", "sender", "after_fix"),
    # Exim: three lines, one line, a log's escapes
    (RCPT, "550-Verification failed for <s@sender.test>\n550-Called:   192.0.2.1\n550-Sent:     RCPT "
     "TO:<s@sender.test>\n"
     "550-Response: 550 5.1.1 User unknown\n550 Sender verify failed", "sender_invalid", "sender",
     "after_fix"),
    (RCPT, "550-Verification failed for <s@sender.test>\\n550-No Such User Here\\n550 Sender verify failed",
     "sender_invalid", "sender", "after_fix"),
    (RCPT, "550-Verification failed for <s@sender.test> 550-Previous (cached) callout verification failure "
     "550 Sender verify failed",
     "sender_invalid", "sender", "after_fix"),
    (RCPT, "550-Callout verification failed:\n550 550 5.1.1 <a@rcpt.test>: Recipient address rejected: "
     "User unknown",
     "user_unknown", "sender", "never"),
    (RCPT, "550-Callout verification failed:\n550 552 5.2.2 Over quota", "mailbox_full", "recipient",
     "later"),
    (RCPT, "550-Callout verification failed:\n550 554 5.7.1 Relay access denied", "relay_denied",
     "recipient_admin", "after_fix"),
    (RCPT, "550 Previous (cached) callout verification failure", "unknown", "either", "later"),
    (RCPT, "451 Could not complete recipient verify callout", "server_error", "recipient_admin", "later"),
    (RCPT, "451 Could not complete recipient verify callout: 192.0.2.7 Connection timed out", "server_error"
     , "recipient_admin", "later"),
)  # fmt: skip

# The receiver's own query of a blocklist was refused, or it asks a list that has ended.
RECEIVERS_LIST: tuple[Row, ...] = (
    (RCPT, "554 5.7.1 Service unavailable; Client host [192.0.2.53] blocked using zen.spamhaus.org; Error: "
     "open resolver; "
     "https://check.spamhaus.org/returnc/pub/192.0.2.53/", "server_error", "recipient_admin", "after_fix"),
    (RCPT, "550 5.7.1 rejected, 192.0.2.53 is in zen.spamhaus.org (https://www.spamhaus.org/returnc/vol/)",
     "server_error", "recipient_admin", "after_fix"),
    (GREETING, "554 mail from 192.0.2.53 refused: blocklist answered 127.255.255.254", "server_error",
     "recipient_admin", "after_fix"),
    (MAIL, "550 DNSBL says: excessive number of queries, see https://www.spamhaus.org/returnc/vol/",
     "server_error", "recipient_admin", "after_fix"),
    (RCPT, "554 Mail von 192.0.2.53 abgelehnt: zen.spamhaus.org, Error: open resolver", "server_error",
     "recipient_admin", "after_fix"),
    (RCPT, "554 5.7.1 Service unavailable; Client host [192.0.2.53] blocked using dnsbl.ahbl.org; List "
     "shut down",
     "server_error", "recipient_admin", "after_fix"),
    (RCPT, "550 refused, your host is listed in combined.njabl.org", "server_error", "recipient_admin",
     "after_fix"),
    (RCPT, "554 5.7.1 Service unavailable; Client host [192.0.2.53] blocked using zen.spamhaus.org; "
     "https://www.spamhaus.org/query/ip/192.0.2.53", "ip_blocklisted", "sender_network", "after_fix"),
)  # fmt: skip

# What passes: words of time go before the cause's own conduct, in any class and language.
PASSING: tuple[Row, ...] = (
    (RCPT, "550 5.7.1 Your IP was temporarily blocked, try again in 5 minutes", "ip_blocklisted",
     "sender_network", "later"),
    (RCPT, "552 5.2.2 The mailbox is receiving mail too fast", "rate_limited", "sender", "later"),
    (EOD, "550 5.7.1 Daily message limit exceeded for this domain", "rate_limited", "sender", "later"),
    (RCPT, "554 too many recipients in a short period of time", "rate_limited", "sender", "later"),
    (RCPT, "550 Zu viele Nachrichten pro Stunde, bitte versuchen Sie es später", "rate_limited", "sender",
     "later"),
    (RCPT, "550 5.2.1 Account temporarily disabled, please retry in 2 hours", "mailbox_disabled",
     "recipient", "later"),
    (None, "554 5.4.7 delivery expired; last reply: 452 4.2.2 mailbox full", "mailbox_full", "recipient",
     "later"),
    (None, "retry timeout exceeded: 451 4.7.1 Greylisted for 5 minutes", "greylisted", "nobody", "later"),
)  # fmt: skip

# Words keep their company.
COMPANY: tuple[Row, ...] = (
    (RCPT, "550 spam detected from your IP", "ip_blocklisted", "sender_network", "after_fix"),
    (GREETING, "554 Your mail server is sending spam", "ip_blocklisted", "sender_network", "after_fix"),
    (RCPT, "550 this network is a known source of spam", "ip_blocklisted", "sender_network", "after_fix"),
    (None, "550 SMTP session failed: (EHLO) 5.7.1 host not allowed because of its PTR record", "rdns_helo",
     "sender_network", "after_fix"),
    (RCPT, "451 4.3.0 plugin karma returned an error", "server_error", "recipient_admin", "later"),
    (EOD, "450 content scanner backend not reachable", "server_error", "recipient_admin", "later"),
    (RCPT, "451 Error: (TimeoutError) in the policy service", "server_error", "recipient_admin", "later"),
    (RCPT, "450 4.1.8 Possibly forged hostname for 192.0.2.9", "rdns_helo", "sender_network", "after_fix"),
    (RCPT, "550 5.7.1 the hostname of your server may be forged", "rdns_helo", "sender_network", "after_fix"
     ),
    (EOD, "552 Too much mail data", "message_too_large", "sender", "after_fix"),
    (EOD, "550 message exceeds local limit(100000)", "message_too_large", "sender", "after_fix"),
    (EOD, "554 stream is longer than 20971520 bytes", "message_too_large", "sender", "after_fix"),
    (MAIL, "503 5.5.1 Use EHLO/HELO before MAIL", "protocol_error", "sender", "after_fix"),
)  # fmt: skip


def _check(row: Row) -> None:
    stage, text, cause, fix_by, retry = row
    explained = explain(text, stage)
    assert explained.cause is not None and explained.conduct is not None
    assert (explained.cause.id, explained.conduct.fix_by, explained.conduct.retry) == (cause, fix_by, retry)


@pytest.mark.parametrize("row", QUOTED, ids=lambda row: row[1][:70])
def test_a_quoted_reply_is_not_the_reply(row: Row) -> None:
    _check(row)


@pytest.mark.parametrize("row", RECEIVERS_LIST, ids=lambda row: row[1][:70])
def test_the_receivers_own_trouble_with_a_list_is_the_receivers(row: Row) -> None:
    _check(row)


@pytest.mark.parametrize("row", PASSING, ids=lambda row: row[1][:70])
def test_what_passes_is_tried_again_later(row: Row) -> None:
    _check(row)


@pytest.mark.parametrize("row", COMPANY, ids=lambda row: row[1][:70])
def test_words_keep_their_company(row: Row) -> None:
    _check(row)


# No words that say so: nobody is struck off.
@pytest.mark.parametrize(
    ("text", "fix_by"),
    [
        ("550 this server does not handle mail for that user", {"recipient_admin", "either"}),
        ("550 we never accept mail for such recipients", {"recipient_admin", "either", "recipient"}),
        ("550 Recipient rejected", {"recipient", "either", "sender"}),
        ("550 Invalid recipient: <a@rcpt.test>", {"sender", "either", "recipient_admin"}),
        ("550 I cannot deliver mail for <a@rcpt.test>", {"either", "recipient_admin", "sender"}),
        ("550 mail transport unavailable", {"recipient_admin", "either"}),
        ("550 MAILER-DAEMON: delivery was not possible", {"either"}),
    ],
)
def test_nobody_is_given_up_for_words_that_do_not_say_so(text: str, fix_by: set[str]) -> None:
    conduct = explain(text, RCPT).conduct
    assert conduct is not None and conduct.retry != "never" and conduct.fix_by in fix_by


@pytest.mark.parametrize(
    "text", ["554 5.5.1 Error: no valid recipients", "503 no valid RCPT", "554 no recipients left"]
)
@pytest.mark.parametrize("stage", [Stage.DATA, EOD, None])
def test_an_echo_of_the_rcpt_before_is_no_verdict_on_a_mailbox(text: str, stage: Stage | None) -> None:
    explained = explain(text, stage)
    assert explained.conduct is not None and explained.conduct.retry == "after_fix"
    assert explained.conduct.fix_by == "either"


# Where no rule is named the report says so, and which test comes next at that stage.
@pytest.mark.parametrize(
    ("stage", "test"),
    [
        (GREETING, "PTR"), (EHLO, "HELO"), (MAIL, "another sender"), (RCPT, "another recipient"),
        (Stage.DATA, "From"), (EOD, "From and other headers"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "text", ["550 5.7.1 Access denied", "554 rejected by policy", "550 Zugriff verweigert"]
)
def test_a_policy_without_a_name_is_never_stated_and_gets_the_next_test(
    stage: Stage, test: str, text: str
) -> None:
    explained = explain(text, stage)
    assert explained.band is not Band.STATED
    assert explained.conclusion is not None
    if explained.cause is not None and explained.cause.id == "policy_unspecified":
        assert "No reason is given" in explained.conclusion.action or explained.band is Band.UNDECIDED
        assert test in explained.conclusion.action
        assert (explained.conclusion.conduct.fix_by, explained.conclusion.conduct.retry) == (
            "either",
            "after_fix",
        )
