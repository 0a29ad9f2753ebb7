"""Servers that refuse for one hidden reason and say the same of all: the first cause must be the true one
wherever DNS, the stage and the experiments can tell, and the run must say so where they cannot."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from probe.model.address_parse import parse_mailbox
from probe.model.report import Report
from probe.model.target import ControlsMode, Options, PairTarget, TlsMode
from probe.run import observe, report_of
from probe.settings import PACE
from probe.world import live
from tests.support.certificates import issue, server_context
from tests.support.dns_server import DnsServer, Fault
from tests.support.judging_server import Guest, Judge, JudgingServer, Manner

PAIR = PairTarget(parse_mailbox("bob@sender.example"), parse_mailbox("alice@recipient.example"))
HERE = ip_address("127.0.0.9")
QUICK = replace(PACE, session_spacing=0.0)
Zone = dict[str, list[str]]

CLEAN: Zone = {
    "MX recipient.example": ["10 mx.recipient.example."],
    "A mx.recipient.example": ["127.0.0.1"],
    "MX sender.example": ["10 mail.sender.example."],
    "A mail.sender.example": ["127.0.0.9"],
    "TXT sender.example": ['"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all"'],
    "TXT _dmarc.sender.example": ['"v=DMARC1; p=reject"'],
    "PTR 9.0.0.127.in-addr.arpa": ["mail.sender.example."],
    "A 2.0.0.127.bl.example": ["127.0.0.2"],
}


def without(zone: Zone, *kinds: str) -> Zone:
    return {key: texts for key, texts in zone.items() if not key.startswith(kinds)}


LISTED = CLEAN | {"A 9.0.0.127.bl.example": ["127.0.0.2"]}
SPF_FAIL = CLEAN | {"TXT sender.example": ['"v=spf1 ip4:192.0.2.1 -all"']}
SPF_SOFTFAIL = CLEAN | {"TXT sender.example": ['"v=spf1 ip4:192.0.2.1 ~all"']}
NO_SPF = without(CLEAN, "TXT ")
NO_PTR = without(CLEAN, "PTR ")
NO_SENDER_DOMAIN = without(CLEAN, "MX sender", "TXT ")
TWO_HOSTS = CLEAN | {
    "MX recipient.example": ["10 mx.recipient.example.", "20 b.recipient.example."],
    "A b.recipient.example": ["127.0.0.2"],
}
BOTH_FAMILIES = CLEAN | {"AAAA mx.recipient.example": ["::1"]}
BAD_NAME = {"helo": "localhost"}


def at(stage: str) -> Judge:
    return lambda client: client.stage == stage


def of_sender(stage: str) -> Judge:
    """What is refused hangs on the reverse-path: the null one passes."""
    return lambda client: client.stage == stage and client.sender != ""


def but_postmaster(client: Guest) -> bool:
    return client.stage == "rcpt" and not client.is_postmaster


def only_alice(client: Guest) -> bool:
    return client.stage == "rcpt" and client.rcpt.startswith("alice@")


def first_host(client: Guest) -> bool:
    return client.stage == "rcpt" and client.here == "127.0.0.1"


def unknown_at_the_first_host(client: Guest) -> bool:
    return first_host(client) and not client.is_postmaster


def in_the_clear(client: Guest) -> bool:
    return client.stage == "mail" and not client.secure


def often(client: Guest) -> bool:
    """One visit is judged at RCPT; whoever comes again at once is turned away."""
    return client.stage == "rcpt" or (client.stage == "greeting" and client.visit > 1)


@dataclass(frozen=True)
class Case:
    """What the server does, what DNS holds, and which causes are true to what can be known (the first
    cause must be one of them). `sure`: the bands that are fair; `manner`: how it words what it accepts."""

    judge: Judge
    causes: tuple[str, ...]
    zone: Zone = field(default_factory=lambda: CLEAN)
    options: Mapping[str, object] = field(default_factory=dict)
    sure: tuple[str, ...] = ("likely", "possible")
    tls: bool = False
    manner: Manner = field(default_factory=Manner)
    faults: Mapping[str, Fault] = field(default_factory=dict)


OPEN = ("undecided", "possible")
CASES: dict[str, Case] = {
    "an unknown user": Case(but_postmaster, ("user_unknown",), sure=("possible",)),
    "a domain that takes no mail": Case(at("rcpt"), ("bad_domain", "relay_denied"), sure=OPEN),
    "listed, seen at the greeting": Case(at("greeting"), ("ip_blocklisted",), LISTED),
    "listed, seen at EHLO": Case(at("ehlo"), ("ip_blocklisted",), LISTED),
    "listed, seen at MAIL": Case(at("mail"), ("ip_blocklisted",), LISTED),
    "listed, seen at RCPT": Case(at("rcpt"), ("ip_blocklisted",), LISTED),
    "listed, postmaster spared": Case(but_postmaster, ("ip_blocklisted",), LISTED),
    "a list of the server's own, at the greeting": Case(
        at("greeting"), ("ip_blocklisted", "policy_unspecified", "server_error"), sure=OPEN
    ),
    "SPF fail at MAIL": Case(of_sender("mail"), ("auth_failed",), SPF_FAIL),
    "SPF fail at RCPT": Case(of_sender("rcpt"), ("auth_failed",), SPF_FAIL),
    "SPF softfail at RCPT": Case(of_sender("rcpt"), ("auth_failed",), SPF_SOFTFAIL),
    "no SPF at RCPT": Case(of_sender("rcpt"), ("auth_failed",), NO_SPF),
    "no PTR, at the greeting": Case(at("greeting"), ("rdns_helo",), NO_PTR),
    "no PTR, at MAIL": Case(at("mail"), ("rdns_helo",), NO_PTR),
    "no PTR, at RCPT": Case(at("rcpt"), ("rdns_helo",), NO_PTR),
    "a bad EHLO name, at EHLO": Case(at("ehlo"), ("rdns_helo",), options=BAD_NAME),
    "a bad EHLO name, at RCPT": Case(at("rcpt"), ("rdns_helo",), options=BAD_NAME),
    "a blocked sender, at MAIL": Case(of_sender("mail"), ("sender_blocked",)),
    "a blocked sender, at RCPT": Case(of_sender("rcpt"), ("sender_blocked",)),
    "a sender domain without MX, at MAIL": Case(of_sender("mail"), ("sender_invalid",), NO_SENDER_DOMAIN),
    "a sender domain without MX, at RCPT": Case(of_sender("rcpt"), ("sender_invalid",), NO_SENDER_DOMAIN),
    "a blocked recipient of a catch-all": Case(only_alice, ("recipient_refused", "mailbox_disabled")),
    "one MX host of two": Case(first_host, ("relay_denied", "server_error"), TWO_HOSTS),
    "an unknown user, and a backup that takes anybody": Case(
        unknown_at_the_first_host, ("user_unknown",), TWO_HOSTS, sure=OPEN
    ),
    "one address family": Case(
        first_host,
        ("rdns_helo", "ip_blocklisted"),
        without(BOTH_FAMILIES, "PTR "),
        {"bind": None, "ip": ip_address("127.0.0.1")},
    ),
    "TLS demanded, --tls never": Case(
        in_the_clear,
        ("tls_problem",),
        options={"tls": TlsMode.NEVER},
        tls=True,
        sure=("undecided", *OPEN, "likely"),
    ),
    "too many visits": Case(often, ("rate_limited",), sure=OPEN),
}
ANSWERS = ("550 5.0.0", "550", "554 5.0.0", "550 5.0.0 rejected", "554 5.0.0 Error: transaction failed")


def _tls() -> ssl.SSLContext:
    with tempfile.TemporaryDirectory() as folder:
        return server_context(Path(folder), issue("mx.recipient.example"))


async def met(case: Case, answer: str) -> tuple[Report, JudgingServer]:
    server = JudgingServer(
        answer,
        case.judge,
        hosts=("127.0.0.1", "127.0.0.2", "::1"),
        tls=_tls() if case.tls else None,
        manner=case.manner,
    )
    async with DnsServer(case.zone, case.faults) as dns, server:
        options = Options(
            ip=HERE,
            nameservers=(dns.endpoint,),
            port=server.port,
            allow_private=True,
            dnsbl=("bl.example",),
            timeout=30,
            seed=7,
            helo="mail.sender.example",
            bind=HERE,
        )
        result = replace(options, **case.options)  # type: ignore[arg-type]
        recording = await observe(PAIR, result, world=live(QUICK))
    return report_of(recording), server


@pytest.fixture(autouse=True)
def _one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked next goes by the addresses of the machine, and each machine has others."""
    monkeypatch.setattr("probe.collect.vantage.own_addresses", tuple)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_the_first_cause_is_the_true_one(case: Case, answer: str) -> None:
    report, server = await met(case, answer)
    verdict = report.verdict
    shares = [(cause.id, round(cause.probability, 2)) for cause in report.causes[:4]]
    assert verdict.outcome == "refused"
    assert verdict.cause in case.causes, shares
    if answer.endswith("5.0.0"):
        assert verdict.band in case.sure, (verdict.band, shares)
    assert len(server.guests) <= 4
    assert (
        max(sum(client.here == host for client in server.guests) for host in ("127.0.0.1", "127.0.0.2")) <= 3
    )
    if verdict.band != "likely":
        assert report.next_test is not None


async def test_where_nothing_can_tell_the_run_says_undecided_and_what_would_tell() -> None:
    report, _ = await met(Case(at("rcpt"), ()), "550 5.0.0")
    assert report.verdict.band == "undecided"
    assert report.next_test is not None and report.next_test.command is None  # no address to --bind
    assert "second network" in report.next_test.text
    assert "smtp-probe check bob@sender.example alice@recipient.example" in report.next_test.text
    assert "--bind 127.0.0.9" not in report.next_test.text


@pytest.mark.parametrize("stage", ["mail", "rcpt"])
async def test_a_refusal_that_hangs_on_the_sender_is_settled_by_another_sender(stage: str) -> None:
    report, _ = await met(CASES[f"a blocked sender, at {stage.upper()}"], "550 5.0.0")
    assert report.next_test is not None and report.next_test.command is None  # nobody knows another sender
    assert report.next_test.text.startswith("check as another sender of your own")
    assert "alice@recipient.example" in report.next_test.text


async def test_a_bad_name_is_settled_by_a_better_one() -> None:
    report, _ = await met(CASES["a bad EHLO name, at RCPT"], "550 5.0.0")
    assert report.next_test is not None and report.next_test.command is not None
    assert report.next_test.command.endswith("--helo mail.sender.example")


async def test_tls_that_was_left_out_is_settled_by_tls() -> None:
    report, _ = await met(CASES["TLS demanded, --tls never"], "550 5.0.0")
    assert report.next_test is not None and report.next_test.command is not None
    assert report.next_test.command.endswith("--tls auto")


async def test_an_answer_to_another_address_makes_no_cause_of_the_address_likely() -> None:
    foreign = {"ip": ip_address("192.0.2.9")}
    listed = CLEAN | {"A 9.2.0.192.bl.example": ["127.0.0.2"]}
    report, _ = await met(Case(at("rcpt"), (), listed, foreign), "550 5.0.0")
    assert report.verdict.band in OPEN
    (listing,) = [
        evidence
        for cause in report.causes
        if cause.id == "ip_blocklisted"
        for evidence in cause.evidence_for
        if evidence.rule == "fact.listed-high"
    ]
    assert listing.weight_db < 5 and "127.0.0.9, not 192.0.2.9" in listing.text
    assert report.next_test is not None and "machine that sends" in report.next_test.text


async def test_the_other_family_is_asked_where_it_can_tell() -> None:
    report, server = await met(CASES["one address family"], "550 5.0.0")
    assert "other_family" in [session.experiment for session in report.sessions]
    assert {client.here for client in server.guests} == {"127.0.0.1", "::1"}


async def test_controls_that_are_not_wanted_are_proposed_instead() -> None:
    case = replace(CASES["an unknown user"], options={"controls": ControlsMode.NEVER})
    report, server = await met(case, "550 5.0.0")
    assert len(server.guests) == 1
    assert report.next_test is not None and report.next_test.command is not None
    assert "--controls always" in report.next_test.command
    assert "--controls never" not in report.next_test.command
