"""The verdict: exit code, cause, who must act, when to try again, and what may still happen after DATA."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from probe.checks.catalogue import findings_of
from probe.diagnosis.checklist import checklist
from probe.diagnosis.outcome import observe
from probe.diagnosis.run_result import Ground
from probe.diagnosis.verdict import Diagnosis, diagnose
from probe.facts.model import Facts
from probe.knowledge.causes import causes
from probe.model.evidence import Band
from probe.model.listing import CodeKind, ListingRole, ListingStatus
from probe.model.observed import CertificateFault, EndCause
from probe.model.reason import Reason
from probe.model.reply import Stage
from probe.model.report import ChecklistStep, Verdict
from probe.model.sender_mta import HopKind
from probe.model.session import EndReason, Experiment, Stop
from probe.model.target import DomainTarget, FailOn, Options, TlsMode
from probe.reading.reply.stated_wait import stated_wait
from probe.standards.dkim.results import KeyStatus
from probe.standards.dmarc.results import Alignment
from probe.standards.dns.message import RecordType, Status
from probe.standards.dns.results import PtrStatus, RouteKind
from probe.standards.dnsbl.results import ListingCode
from probe.standards.spf.results import SpfVerdict
from tests.support import facts as make
from tests.support.own_server import kept_here
from tests.unit.checks.vantage.test_sender_mta import to
from tests.unit.diagnosis.test_evidence import CASES, UNDIALLED, others, refused
from tests.unit.diagnosis.test_outcome import TLS_FAILED, met, unanswered, with_hosts

EXPIRED = Reason(CertificateFault.EXPIRED, text="2026-01-02")


def diagnosed(facts: Facts) -> Diagnosis:
    return diagnose(facts, findings_of(facts))


def verdict(facts: Facts) -> Verdict:
    return diagnosed(facts).verdict


def told(text: str, stage: Stage = Stage.RCPT) -> Verdict:
    return verdict(make.facts(sessions=(met(stage, make.reply(int(text[:3]), text[4:])),)))


# the relay of this host offers AUTH, and was asked no further
LOGIN = met(Stage.EHLO, make.reply(250, "ok"), cause=Reason(EndCause.STOP, stop=Stop.LOGIN_NEEDED))
GROUNDS: dict[Ground, tuple[Facts, str, str | None, int]] = {
    Ground.ROUTE: (CASES["null_mx"][0], "refused", "bad_domain", 1),
    Ground.DNS_UNKNOWN: (CASES["dns_unknown"][0], "inconclusive", "dns_failure", 4),
    Ground.UNDIALLED: (UNDIALLED, "inconclusive", None, 4),
    Ground.NO_CONNECTION: (CASES["no_connection"][0], "inconclusive", "connection_failed", 4),
    Ground.NO_REPLY: (CASES["no_reply"][0], "inconclusive", "connection_failed", 4),
    Ground.DESYNCHRONISED: (CASES["desynchronised"][0], "inconclusive", "protocol_error", 4),
    Ground.TLS: (CASES["tls_failed"][0], "inconclusive", "tls_problem", 4),
    Ground.SMTPUTF8: (CASES["smtputf8_missing"][0], "refused", "address_syntax", 1),
    Ground.NOT_REACHED: (make.facts(sessions=()), "inconclusive", None, 4),
    Ground.NOT_ASKED: (make.facts(sessions=(), options=Options(smtp=False)), "accepted", None, 0),
    Ground.OWN: (kept_here(to(HopKind.REFUSED, "no mail to them")), "refused", "policy_unspecified", 1),
    Ground.INTERRUPTED: (
        make.facts(sessions=(make.failed_session(EndReason.INTERRUPTED),)),
        "inconclusive",
        None,
        4,
    ),
    Ground.LOGIN: (make.facts(sessions=(LOGIN,)), "inconclusive", None, 4),
    Ground.REPLY: (refused("5.1.1 user unknown"), "refused", "user_unknown", 1),
}


@pytest.mark.parametrize("ground", Ground)
def test_every_ground_has_its_outcome_cause_and_exit_code(ground: Ground) -> None:
    facts, outcome, cause, code = GROUNDS[ground]
    result = verdict(facts)
    assert observe(facts).ground is ground
    assert (result.outcome, result.cause, result.exit_code) == (outcome, cause, code)
    assert result.summary
    assert not result.summary.endswith(".")


@pytest.mark.parametrize("ground", [g for g in Ground if g not in (Ground.REPLY, Ground.NOT_ASKED)])
@pytest.mark.parametrize("listed", [False, True])
def test_the_senders_faults_do_not_change_what_the_ground_says(ground: Ground, listed: bool) -> None:
    facts, _, cause, code = GROUNDS[ground]
    dirty = replace(
        facts,
        sender=make.sender_facts(spf=make.spf(SpfVerdict.FAIL), ptr=make.ptr(PtrStatus.MISSING)),
        listings=(make.listing(ListingStatus.LISTED),) if listed else (),
    )
    assert (verdict(dirty).cause, verdict(dirty).exit_code) == (cause, code)


@pytest.mark.parametrize("ground", [Ground.TLS, Ground.SMTPUTF8, Ground.DESYNCHRONISED])
def test_a_positive_reply_is_not_shown_as_what_decided(ground: Ground) -> None:
    assert verdict(GROUNDS[ground][0]).reply is None


def test_nobody_is_blamed_for_what_was_not_seen() -> None:
    for ground, (facts, outcome, _, _) in GROUNDS.items():
        if outcome == "inconclusive":
            assert verdict(facts).fix_by in ("either", "nobody"), ground


def test_the_ranking_is_a_distribution_and_its_first_is_the_cause() -> None:
    for facts, _, cause, _ in GROUNDS.values():
        diagnosis = diagnosed(facts)
        if diagnosis.ranking:
            assert sum(one.probability for one in diagnosis.ranking) == pytest.approx(1)
            assert diagnosis.ranking[0].id == cause
            assert 0 < diagnosis.verdict.confidence <= 0.99


def test_accepted_and_healthy_is_zero() -> None:
    result = verdict(make.facts())
    assert (result.outcome, result.cause, result.exit_code, result.retry) == ("accepted", None, 0, "now")
    assert result.after_data_risks == ()


def test_a_domain_that_answers_is_zero_whatever_the_machine_that_asks() -> None:
    assert verdict(make.facts_of_domain()).exit_code == 0


# --- what may still happen after DATA --------------------------------------------------------------------

POLICY = (ListingCode("127.0.0.10", "end-user range", CodeKind.POLICY, 2),)
UNKNOWN_ZONE = make.listing(ListingStatus.LISTED, list_id="bl.example", title="bl.example", weight=4)
AT_RISK: dict[str, tuple[dict[str, Any], str]] = {
    "SPF fail": ({"sender": make.sender_facts(spf=make.spf(SpfVerdict.FAIL))}, "auth_failed"),
    "DMARC cannot pass": (
        {
            "sender": make.sender_facts(
                spf=make.spf(SpfVerdict.SOFTFAIL), dkim=(make.key(status=KeyStatus.MISSING),),
                alignment=Alignment(True, None),
            )
        },
        "auth_failed",
    ),
    "listed": ({"listings": (make.listing(ListingStatus.LISTED),)}, "ip_blocklisted"),
    "listed on a list that the user named": (
        {"listings": (UNKNOWN_ZONE,), "options": Options(ip=make.SOURCE, dnsbl=("bl.example",))},
        "ip_blocklisted",
    ),
    "sender domain does not exist": (
        {"sender": make.sender_facts(mail=make.mx_result(RouteKind.NO_DOMAIN, domain="sender.example"))},
        "sender_invalid",
    ),
    "sender domain takes no mail": (
        {"sender": make.sender_facts(mail=make.mx_result(RouteKind.NULL_MX, domain="sender.example"))},
        "sender_invalid",
    ),
    "sender domain listed": (
        {"listings": (make.listing(ListingStatus.LISTED, role=ListingRole.SENDER_DOMAIN),)}, "sender_blocked",
    ),
    "too large": ({"options": Options(ip=make.SOURCE, size=40_000_000)}, "message_too_large"),
}  # fmt: skip
NOT_AT_RISK: dict[str, dict[str, Any]] = {
    "no DMARC": {"sender": make.sender_facts(dmarc=make.dmarc(None))},
    "no PTR": {"sender": make.sender_facts(ptr=make.ptr(PtrStatus.MISSING))},
    "softfail": {"sender": make.sender_facts(spf=make.spf(SpfVerdict.SOFTFAIL))},
    "no SPF": {"sender": make.sender_facts(spf=make.spf(SpfVerdict.NONE, record=None))},
    "policy list": {"listings": (make.listing(ListingStatus.LISTED, codes=POLICY, weight=2),)},
    "a list of no weight": {"listings": (make.listing(ListingStatus.LISTED, weight=2),)},
    "lists that would not answer": {"listings": (make.listing(ListingStatus.REFUSED),)},
    "SPF not answered": {"sender": make.sender_facts(spf=make.spf(SpfVerdict.TEMPERROR, record=None))},
    "sender domain not answered": {"sender": make.sender_facts(mail=make.mx_result(RouteKind.UNKNOWN))},
}


@pytest.mark.parametrize("name", AT_RISK)
def test_a_fault_of_the_sender_puts_an_acceptance_at_risk(name: str) -> None:
    changes, cause = AT_RISK[name]
    result = verdict(make.facts(**changes))
    assert (result.outcome, result.exit_code, result.cause) == ("accepted", 5, cause)
    assert (result.band, result.retry) == ("likely", "after_fix")
    assert cause in {risk.cause for risk in result.after_data_risks}
    assert all(risk.reason for risk in result.after_data_risks)
    assert result.confidence < 0.99


@pytest.mark.parametrize("name", AT_RISK)
def test_a_fault_of_the_sender_never_hides_a_refusal(name: str) -> None:
    changes = AT_RISK[name][0] | {"sessions": (met(Stage.RCPT, make.reply(550, "5.1.1 user unknown")),)}
    result = verdict(make.facts(**changes))
    assert (result.outcome, result.exit_code, result.cause) == ("refused", 1, "user_unknown")
    assert result.after_data_risks == ()


@pytest.mark.parametrize("name", NOT_AT_RISK)
def test_what_is_only_a_blemish_leaves_an_acceptance_alone(name: str) -> None:
    result = verdict(make.facts(**NOT_AT_RISK[name]))
    assert (result.outcome, result.exit_code, result.after_data_risks) == ("accepted", 0, ())


def test_a_fault_of_the_recipients_tls_is_told_but_is_not_the_senders() -> None:
    result = verdict(
        make.facts(
            recipient=make.recipient_facts(mta_sts=make.sts(uncovered=(make.MX_NAME,))),
            sessions=(make.session(tls=make.tls(trusted=False, problems=(EXPIRED,))),),
        )
    )
    assert (result.outcome, result.exit_code, result.cause) == ("accepted", 0, None)
    assert {risk.cause for risk in result.after_data_risks} == {"tls_problem"}
    assert (result.fix_by, result.retry) == ("recipient_admin", "now")


def test_fail_on_chooses_what_counts() -> None:
    def code(fail_on: FailOn, **changes: Any) -> int:
        return verdict(make.facts(options=Options(ip=make.SOURCE, fail_on=fail_on), **changes)).exit_code

    error, warning = AT_RISK["SPF fail"][0], NOT_AT_RISK["no PTR"]
    assert [code(FailOn.ERROR, **error), code(FailOn.ERROR, **warning)] == [5, 0]
    assert [code(FailOn.WARNING, **error), code(FailOn.WARNING, **warning)] == [5, 5]
    assert [code(FailOn.NEVER, **error), code(FailOn.NEVER, **warning)] == [0, 0]
    assert code(FailOn.WARNING) == 0


# --- retry -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("4.2.0 <a@b>: Recipient address rejected: Greylisted for 300 seconds (see http://x)", 300),
        ("4.7.1 Greylisting in action, please come back in 00:05:00", 300),
        ("try again in 00:05:00", 300),
        ("Please try again in 5 minutes", 300),
        ("greylisted - please try again in 5 minutes", 300),
        ("Try again after 300 sec", 300),
        ("Please wait at least 60s before reconnecting", 60),
        ("please retry 10 minutes later", 600),
        ("come back in 1 hour", 3600),
        ("try again in 1 day", 86400),
        ("Gray-listed, retry in 5 min", 300),
        ("greylisted 120 seconds", 120),
    ],
)
def test_a_stated_wait_is_read(text: str, seconds: int) -> None:
    assert stated_wait(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4.7.1 try again later",
        "4.7.0 too many connections: 30 in 60 seconds",
        "you have sent 500 messages in 60 minutes, try again later",
        "Please try again later. Limit is 20 in 60 seconds",
        "try again later, limit 20 messages in 60 minutes",
        "mailbox inactive for 6 months",
        "retry time exceeded after 4 days",
        "user is over quota for 14 days",
        "4.2.0 Greylisted, see http://postgrey.schweikert.ch/help/5m.html",
        "error 300 seconds",
        "try again in 0 seconds",
        "try again in 900 days",
        "timeout after 300 seconds",
        "message 450 4.7.1 try again, id 300x",
    ],
)
def test_a_number_that_asks_for_no_wait_is_none(text: str) -> None:
    assert stated_wait(text) is None


def test_the_stated_wait_goes_before_the_usual_one() -> None:
    usual = causes()["greylisted"].transient.retry_after
    assert told("450 4.2.0 Greylisted, please try again later").retry_after_s == usual
    assert told("450 4.2.0 Greylisted for 77 seconds").retry_after_s == 77


def test_no_wait_is_given_where_time_does_not_help() -> None:
    result = told("450 4.7.1 <a@b>: Relay access denied")
    assert (result.outcome, result.exit_code, result.retry, result.retry_after_s) == (
        "deferred",
        3,
        "after_fix",
        None,
    )


def test_a_wait_that_the_words_name_is_later_whatever_the_cause() -> None:
    result = told("450 4.7.1 <a@b>: Relay access denied, try again in 5 minutes")
    assert (result.cause, result.retry, result.retry_after_s) == ("relay_denied", "later", 300)
    assert result.retry_reason == "the server asks to try again later"


def test_a_lasting_refusal_that_passes_by_nature_may_be_tried_again() -> None:
    result = told("552 5.2.2 mailbox full")
    assert (result.outcome, result.exit_code, result.retry) == ("refused", 1, "later")
    assert result.retry_after_s == causes()["mailbox_full"].permanent.retry_after


def test_a_passing_refusal_that_lasts_by_nature_waits_for_a_fix() -> None:
    result = told("450 4.1.8 <x@y.example>: Sender address rejected: Domain not found")
    assert (result.outcome, result.exit_code, result.retry) == ("deferred", 3, "after_fix")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (make.facts(), "accepted at RCPT"),
        (make.facts(**AT_RISK["SPF fail"][0]), "after DATA"),
        (make.facts_of_domain(), "no mailbox was asked for"),
        (CASES["null_mx"][0], "null MX"),
        (CASES["no_domain"][0], "does not exist"),
        (CASES["no_usable_mx"][0], "no MX host"),
        (CASES["loopback_mx"][0], "back to the sender"),
        (CASES["dns_unknown"][0], "neither yes nor no"),
        (CASES["no_connection"][0], "could be connected to"),
        (UNDIALLED, "no public address"),
        (CASES["smtputf8_missing"][0], "SMTPUTF8"),
        (make.facts(sessions=(TLS_FAILED,), options=Options(tls=TlsMode.REQUIRE)), "TLS was required"),
        (make.facts(sessions=(TLS_FAILED,)), "no session without TLS"),
        (with_hosts(unanswered("b.example", Status.TIMEOUT)), "A b.example: no answer in time"),
    ],
)
def test_the_sentence_says_what_was_observed(facts: Facts, words: str) -> None:
    text = verdict(facts).summary
    assert words in text
    assert not any(word in text for word in ("valid", "exists,", "deliverable"))


def test_a_domain_run_that_is_refused_at_the_greeting() -> None:
    session = met(Stage.GREETING, make.reply(554, "5.7.1 no service"), experiment=Experiment.DOMAIN)
    result = verdict(make.facts(target=DomainTarget("recipient.example"), sessions=(session,)))
    assert (result.outcome, result.stage, result.exit_code) == ("refused", "greeting", 1)


def test_an_unfinished_run_is_not_accepted() -> None:
    silent = make.answer("recipient.example", RecordType.MX, status=Status.NOT_ASKED)
    facts = make.facts(
        recipient=make.recipient_facts(mx=make.mx_result(RouteKind.UNKNOWN, answers=(silent,))),
        sessions=(make.failed_session(EndReason.DEADLINE),),
        complete=False,
    )
    assert verdict(facts).exit_code == 4


def steps(facts: Facts) -> dict[int, ChecklistStep]:
    findings = findings_of(facts)
    return {step.step: step for step in checklist(diagnose(facts, findings), findings)}


def test_a_guessed_cause_names_nobody_to_act_and_gives_up_no_address() -> None:
    bare = refused("5.0.0", others("5.0.0", "5.0.0"))
    assert (verdict(bare).band, verdict(bare).fix_by, verdict(bare).retry) == (
        "undecided",
        "either",
        "after_fix",
    )
    assert (steps(bare)[3].status, steps(bare)[9].status) == ("warn", "manual")
    assert "another channel" not in steps(bare)[3].do


def test_a_refusal_that_names_a_blocklist_does_not_fail_the_step_of_the_recipient_address() -> None:
    step = steps(refused("5.0.0 your address is listed at zen.spamhaus.org"))[3]
    assert step.status == "not_assessed"
    assert "blocklist" in step.do


def test_what_another_address_was_told_is_no_more_than_possible_of_the_sending_one() -> None:
    elsewhere = make.vantage(is_sending_address=False, probe_ip=ip_address("9.9.9.9"))
    text = "5.7.1 Service unavailable; Client host [{}] blocked using zen.spamhaus.org"
    foreign = diagnosed(refused(text.format("9.9.9.9"), vantage=elsewhere))
    assert (foreign.verdict.cause, foreign.band) == ("ip_blocklisted", Band.POSSIBLE)
    assert foreign.verdict.confidence == 0.6
    assert sum(cause.probability for cause in foreign.ranking) == pytest.approx(1)
    assert foreign.ranking[1].id == "unknown"
    own = diagnosed(refused(text.format(make.SOURCE), vantage=elsewhere))
    assert (own.verdict.cause, own.band) == ("ip_blocklisted", Band.STATED), "the reply names that address"
    unknown = diagnosed(refused("5.1.1 user unknown", vantage=elsewhere))
    assert unknown.band is Band.STATED, "no matter of addresses"


def test_a_deferral_that_names_nothing_does_not_tell_the_recipient_of_a_full_mailbox() -> None:
    bare = make.facts(sessions=(met(Stage.RCPT, make.reply(450, "4.0.0")),))
    assert verdict(bare).band == "undecided"
    assert steps(bare)[3].do.startswith("Wait")
