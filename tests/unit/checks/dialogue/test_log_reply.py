"""The check of --log, and how the log's words join the evidence of a run."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe.diagnosis.assemble import report_of
from probe.diagnosis.checklist import checklist
from probe.diagnosis.contact_note import contact_note
from probe.diagnosis.evidence import evidence_of
from probe.diagnosis.outcome import observe
from probe.diagnosis.verdict import diagnose
from probe.facts.logged import REF
from probe.facts.model import Facts
from probe.model.logged import LogAccount, LogFate, LoggedDelivery
from probe.model.reply import Stage
from probe.model.session import EndReason
from probe.model.steps import StepStatus
from probe.recording.codec import decode, encode
from probe.recording.journal import Recording
from probe.recording.redact import redact
from tests.support import facts as make
from tests.support.check_cases import Case, assert_case, findings, parametrize
from tests.support.recordings import LOGGED, full_events

DELIVERY = LoggedDelivery(
    status=LogFate.BOUNCED,
    at="2026-11-28T20:25:15Z",
    attempts=1,
    queue_id="4B2A91",
    reverse_path=str(make.SENDER),
    recipient=str(make.RECIPIENT),
    relay_host=make.MX_NAME,
    relay_ip="192.0.2.25",
    source_ip=ip_address("192.0.2.1"),
    words="550 5.1.1 user unknown",
    is_remote=True,
    stage=Stage.RCPT,
    file="mail.log",
    line=7,
)


def logged(**changes: object) -> Facts:
    delivery = replace(DELIVERY, **changes)  # type: ignore[arg-type]
    return make.facts(log=LogAccount(("mail.log",), "", "", delivery, 0, None))


NO_PAIR = make.facts(log=LogAccount(("mail.log",), "2026-11-28T00:00:00Z", "", None, 2, None))
SENT = logged(status=LogFate.SENT, words="250 2.0.0 Ok: queued as 7F31AB", stage=Stage.END_OF_DATA)
CASES = (
    Case("log-reply", "no log given", make.facts(), ()),
    Case("log-reply", "not this pair", NO_PAIR, ("warning log-without-pair",), ("2 tries", "rotated")),
    Case(
        "log-reply",
        "refused",
        logged(),
        ("notice log-with-remote-reply",),
        ("550 5.1.1", "line 7 of mail.log"),
    ),
    Case(
        "log-reply",
        "own words",
        logged(words="mail for x loops back to myself", is_remote=False, relay_host="", relay_ip=""),
        ("notice log-without-remote-reply",),
        ("no remote server spoke", "loops back"),
    ),
    Case(
        "log-reply", "delivered", SENT, ("notice log-delivered",), ("its queue id is 7F31AB", "prepared note")
    ),
    Case(
        "log-reply",
        "taken and thrown away",
        logged(status=LogFate.SENT, words="250 2.7.0 Ok, discarded, id=05 - spam", stage=Stage.END_OF_DATA),
        ("warning log-taken-for-nobody",),
        ("by its words discarded it", "in no folder"),
    ),
    Case(
        "log-reply",
        "delivered, words not in the log",
        logged(status=LogFate.SENT, words="", is_remote=False),
        ("notice log-handed-over",),
    ),
    Case(
        "log-reply",
        "deferred and now accepted",
        logged(status=LogFate.DEFERRED, words="451 4.7.1 greylisted"),
        ("notice log-with-remote-reply", "notice log-deferral-passed"),
    ),
    Case(
        "log-reply",
        "by a relay",
        logged(relay_host="relay.isp.example", relay_ip="203.0.113.9"),
        ("notice log-with-remote-reply", "notice log-relay-is-no-mx"),
    ),
)


@parametrize(CASES)
def test_check(case: Case) -> None:
    assert_case(case)


def test_a_refusal_in_the_log_counts_where_the_recipient_is_accepted_now() -> None:
    verdict = diagnose(logged(words="554 5.7.1 rejected as spam", stage=Stage.END_OF_DATA), ()).verdict
    assert (verdict.outcome, verdict.cause, verdict.exit_code) == ("accepted", "spam_content", 5)
    assert "log" in verdict.summary


def test_a_deferral_that_this_run_went_past_is_no_fault() -> None:
    facts = logged(status=LogFate.DEFERRED, words="451 4.7.1 greylisted")
    assert evidence_of(facts, observe(facts)) == ()
    assert diagnose(facts, ()).verdict.exit_code == 0


def test_a_deferral_after_the_dot_is_not_seen_at_rcpt_and_counts() -> None:
    facts = logged(status=LogFate.DEFERRED, words="451 4.7.1 try later", stage=Stage.END_OF_DATA)
    assert diagnose(facts, ()).verdict.exit_code == 5


def test_the_log_counts_where_this_run_could_not_ask() -> None:
    unreached = make.failed_session(end=EndReason.TIMEOUT)
    facts = replace(logged(words="550 5.2.2 mailbox full"), sessions=(unreached,))
    verdict = diagnose(facts, ()).verdict
    assert (verdict.outcome, verdict.exit_code, verdict.cause) == ("inconclusive", 4, "mailbox_full")


def test_a_bare_refusal_is_explained_by_the_words_of_the_log() -> None:
    refused = make.session(exchanges=make.exchanges(make.reply(550, "5.0.0 refused")))
    diagnosis = diagnose(replace(logged(words="550 5.2.2 mailbox full"), sessions=(refused,)), ())
    assert diagnosis.verdict.cause == "mailbox_full"
    assert any(item.ref == REF for item, _ in diagnosis.ranking[0].evidence_for)


def test_a_rule_that_run_and_log_both_fire_counts_once() -> None:
    refused = make.session(exchanges=make.exchanges(make.reply(550, "5.1.1 user unknown")))
    facts = replace(logged(), sessions=(refused,))
    rules = [item.rule for item in evidence_of(facts, observe(facts))]
    assert len(rules) == len(set(rules))


def test_own_words_are_never_read_as_the_recipients_reply() -> None:
    facts = logged(words="550 mail for x loops back to myself", is_remote=False, relay_host="", relay_ip="")
    (finding,) = findings(Case("log-reply", "", facts, ()))
    assert "no remote server spoke" in finding.message


def test_what_the_other_side_has_is_asked_for_in_a_ready_note() -> None:
    diagnosis = diagnose(SENT, result := findings(Case("log-reply", "", SENT, ())))
    step = checklist(diagnosis, result)[7]
    assert (step.status, "prepared note" in step.do) == (StepStatus.MANUAL, True)
    note = contact_note(SENT, observe(SENT))
    for words in ("7F31AB", "4B2A91", "250 2.0.0 Ok: queued as", make.MX_NAME, str(make.RECIPIENT)):
        assert words in note
    assert "other side has the message" in diagnosis.verdict.summary


@pytest.mark.parametrize("share", [False, True])
def test_a_recording_gives_the_same_report_again(share: bool) -> None:
    recording = Recording.of(full_events())
    if share:
        recording = redact(recording)
    again = Recording.of(decode(encode(event)) for event in recording)
    assert report_of(again) == report_of(recording)
    tags = {finding.id for finding in report_of(recording).findings}
    assert {"log-reply", "log-volume"} <= tags


def test_nothing_of_the_log_stays_in_clear_but_its_words() -> None:
    (shared,) = (event for event in redact(Recording.of(full_events())) if type(event).__name__ == "LogGiven")
    text = encode(shared).lower()
    for secret in ("bob", "smith", "alice", "tmall", "sender.co.uk", "81.2.3", "47.246", "4b2a91"):
        assert secret not in text
    assert "451 4.7.1" in text and "try again" in text
    assert LOGGED.delivery is not None
