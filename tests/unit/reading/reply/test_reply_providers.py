"""What large providers answer since mid-2025: look-alikes, advice, desks and requirements.

Their replies, with cause, owner and time, stand in fixtures/replies/providers.toml.
"""

from __future__ import annotations

import pytest

from probe.explanation import explain
from probe.knowledge.providers import by_domain, by_id
from probe.knowledge.requirements import Need, all_requirements, for_provider
from probe.knowledge.rules import all_rules

# The same words or numbers from somebody else, or about something else.
OTHERS = (
    ("550 5.7.23 The message was rejected because of Sender Policy Framework violation", "rdns_helo"),
    ("550 5.7.29 ARC validation failure", "tls_problem"),
    ("550 5.7.30 REQUIRETLS support required", "auth_failed smtp_auth_required"),
    ("552 5.2.2 the mailbox exceeded its quota", "rate_limited"),
    ("450 4.7.0 Your email has been temporarily rate limited", "auth_failed rdns_helo tls_problem"),
    ("421 Service refused, please try later. LPN006_107", "rdns_helo"),
    ("535 5.7.8 authentication failed", "auth_failed"),
    ("450 please try again later (grey)", "rate_limited"),
    ("550 5.7.513 blocked by firm.example", "recipient_refused sender_blocked"),
    ("550 5.7.1 Access denied. AS(201806281)", "smtp_auth_required"),
)


@pytest.mark.parametrize(("text", "not_first"), OTHERS)
def test_words_that_look_alike_mean_something_else(text: str, not_first: str) -> None:
    read = explain(text)
    assert read.cause is not None
    assert read.cause.id not in not_first.split()


ADVICE = (
    ("550 5.7.236 your tenant has exceeded its daily limit", "domain of your own"),
    ("550 5.7.232 your trial tenant has exceeded its daily limit", "paid licences"),
    (
        "550 5.7.233 your tenant exceeded its daily limit for sending email to external recipients",
        "paid licences",
    ),
    (
        "550 5.7.513 blocked by firm.example using Customer Block list (AS16012607)",
        "delisting page does not help",
    ),
    ("550 5.7.30 Basic authentication is not supported for Client Submission.", "OAuth"),
    (
        "550 5.7.68 TenantInboundAttribution; Direct Send not allowed for this organization",
        "inbound connector",
    ),
    ("550 5.7.520 Your organization does not allow external forwarding", "organisation that forwards"),
    ("550 5.7.230 Connecting Exchange server version is out-of-date", "Update the Exchange server"),
    ("550 5.7.510 Access denied, firm.example does not accept email over IPv6", "IPv4"),
    (
        "421 4.7.29 Your email has been rate limited because this message wasn't sent over a TLS connection.",
        "STARTTLS",
    ),
    ("550 5.7.1 Your email was rejected due to having a domain present in the Spamhaus DBL", "every link"),
)


@pytest.mark.parametrize(("text", "words"), ADVICE)
def test_the_advice_names_the_one_thing_to_do(text: str, words: str) -> None:
    read = explain(text)
    assert read.conclusion is not None
    assert words in read.conclusion.action


def test_no_text_promises_a_reputation_that_google_no_longer_shows() -> None:
    google = by_id("google")
    assert "no reputation" in google.desk_shows
    words = [rule.conduct.action or "" for rule in all_rules() if rule.conduct and "Postmaster Tools" in (
        rule.conduct.action or "")]  # fmt: skip
    assert words and all("shows no reputation" in text for text in words)


def test_the_desks_are_those_of_2026() -> None:
    assert by_id("ms-consumer").desk == (
        "Microsoft SNDS and JMRP",
        "https://substrate.office.com/ip-domain-management-snds/snds",
    )
    assert "sendersupport.olc" not in str([it.desk for it in (by_id("ms-consumer"), by_id("m365"))])


@pytest.mark.parametrize("domain", ["cox.net", "att.net", "bellsouth.net", "sbcglobal.net", "aol.com"])
def test_the_mail_of_cox_and_att_is_yahoos(domain: str) -> None:
    operator = by_domain(domain)
    assert operator is not None and operator.id == "yahoo"


def _needs(provider: str) -> set[Need]:
    return {need for it in for_provider(provider) if it.applies_to == "all" for need in it.needs}


def test_orange_asks_for_all_three_and_la_poste_for_one_that_aligns() -> None:
    assert {Need.SPF, Need.DKIM, Need.DMARC, Need.FCRDNS, Need.HELO_FQDN} <= _needs("orange")
    assert Need.ALIGNED in _needs("laposte")
    assert not {Need.DKIM, Need.SPF, Need.FCRDNS} & _needs("laposte")
    assert not [it.id for it in all_requirements() if {"orange", "laposte"} <= set(it.providers)]


def test_gmx_asks_for_an_aligned_signature() -> None:
    assert {Need.DKIM, Need.ALIGNED, Need.DMARC_PASS} <= _needs("gmx")
    phases = {it.id: it.phase for it in for_provider("gmx")}
    assert phases["gmx-reverse-dns"] == "greeting"


def test_comcast_asks_for_tls_and_cox_asks_nothing_of_its_own() -> None:
    assert Need.TLS in _needs("comcast")
    assert not [it.id for it in all_requirements() if it.id.startswith("cox-")]
