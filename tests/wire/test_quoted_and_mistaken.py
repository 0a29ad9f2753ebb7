"""Refusals about something else than they seem, met live: a callout about the sender, a receiver whose own
blocklist query was refused, a resolver that has an address for every name."""

from __future__ import annotations

import pytest

from probe.model.report import Report
from tests.wire.test_bare_refusals import CLEAN, Case, at, met

CALLED_BACK = (
    "550 5.1.0 <bob@sender.example>: Sender address rejected: undeliverable address: host mail.sender.example"
    "[127.0.0.9] said: 550 5.1.1 <bob@sender.example>: User unknown (in reply to RCPT TO command)"
)
PROBED = (
    "550 5.1.1 <alice@recipient.example>: Recipient address rejected: undeliverable address: host "
    "store.recipient.example[127.0.0.3] said: 552 5.2.2 Mailbox full (in reply to RCPT TO command)"
)
OPEN_RESOLVER = (
    "554 5.7.1 Service unavailable; Client host [127.0.0.9] blocked using zen.spamhaus.org; "
    "Error: open resolver; https://check.spamhaus.org/returnc/pub/127.0.0.9/"
)


def _act(report: Report) -> tuple[str | None, str, str]:
    return report.verdict.cause, report.verdict.fix_by, report.verdict.retry


@pytest.mark.parametrize(
    ("answer", "act"),
    [
        (CALLED_BACK, ("sender_invalid", "sender", "after_fix")),
        (PROBED, ("mailbox_full", "recipient", "later")),
        (OPEN_RESOLVER, ("server_error", "recipient_admin", "after_fix")),
    ],
)
async def test_the_act_is_that_of_what_was_meant(answer: str, act: tuple[str, str, str]) -> None:
    report, server = await met(Case(at("rcpt"), ()), answer)
    assert _act(report) == act
    assert len(server.guests) == 1, "the words settle it: no control experiment"


async def test_the_blocklists_confirm_that_nothing_is_listed() -> None:
    report, _ = await met(Case(at("rcpt"), ()), OPEN_RESOLVER)
    texts = [evidence.text for evidence in report.causes[0].evidence_for]
    assert any("on none of the 1 blocklist" in text for text in texts), texts


async def test_a_mailbox_is_not_given_up_where_nothing_says_that_it_is_not_there() -> None:
    report, _ = await met(Case(at("rcpt"), ()), "550 Invalid recipient: <alice@recipient.example>")
    assert report.verdict.retry != "never"
    report, _ = await met(Case(at("rcpt"), ()), "554 5.0.0 user unknown")
    assert report.verdict.retry != "never", "postmaster and an invented mailbox got the same words"


async def test_a_record_that_says_so_is_the_ground() -> None:
    nothing = CLEAN | {"MX recipient.example": ["0 ."]}
    report, _ = await met(Case(at("rcpt"), (), nothing), "")
    assert (report.verdict.cause, report.verdict.retry) == ("bad_domain", "never")
    assert report.verdict.retry_reason is not None and "null MX" in report.verdict.retry_reason


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "127.0.0.3"])
async def test_a_resolver_with_an_address_for_every_name_makes_no_list_believable(address: str) -> None:
    questions = (
        "9.0.0.127",
        "2.0.0.127",
        "1.0.0.127",
        "sender.example",
        "test",
        "invalid",
        "mail.sender.example",
    )
    zone = CLEAN | {f"A {name}.bl.example": [address] for name in questions}
    report, _ = await met(Case(at("rcpt"), (), zone), "550 5.0.0")
    assert {entry.status for entry in report.dns.dnsbl} == {"unusable"}
    assert not [f for f in report.findings if f.id == "source-blocklist" and f.severity in ("ok", "error")]
