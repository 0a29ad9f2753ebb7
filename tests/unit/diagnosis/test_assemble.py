"""What the report is put together from: the nine steps, the next test, the note, and the contract's keys."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import jsonschema
import pytest

from probe.checks.catalogue import findings_of
from probe.diagnosis.checklist import checklist
from probe.diagnosis.contact_note import contact_note
from probe.diagnosis.dns_section import dns_section
from probe.diagnosis.next_test import next_test
from probe.diagnosis.run_result import Ground
from probe.diagnosis.verdict import diagnose
from probe.facts.model import Facts
from probe.knowledge.causes import causes
from probe.model.address_parse import parse_mailbox
from probe.model.finding import Severity
from probe.model.listing import ListingStatus
from probe.model.reply import Reply, Stage
from probe.model.report import ChecklistStep, NextTest
from probe.model.session import Experiment
from probe.model.steps import STEP_TITLES
from probe.model.target import Endpoint, Options, TlsMode
from probe.model.text import duration
from probe.recording.events import Started
from probe.recording.journal import Recording
from probe.report.json_report import to_json
from probe.report.schema import report_schema
from probe.run import report_of
from probe.standards.dkim.results import KeyStatus
from probe.standards.dns.results import MxHost, PtrStatus, RouteKind
from probe.standards.spf.results import SpfVerdict
from tests.support import facts as make
from tests.support.recordings import full_events, full_recording
from tests.unit.diagnosis.test_evidence import CASES, UNDIALLED, refused
from tests.unit.diagnosis.test_outcome import TLS_FAILED, met
from tests.unit.diagnosis.test_verdict import GROUNDS

NOBODY = make.reply(550, "5.1.1 no such user here")
GREYLISTED = make.facts(sessions=(met(Stage.RCPT, make.reply(450, "4.2.0 Greylisted for 300 seconds")),))
STATUSES = {"pass", "warn", "fail", "manual", "not_assessed"}


def steps(facts: Facts) -> dict[int, ChecklistStep]:
    findings = findings_of(facts)
    return {step.step: step for step in checklist(diagnose(facts, findings), findings)}


def asked_next(facts: Facts) -> NextTest | None:
    return next_test(facts, diagnose(facts, findings_of(facts)))


def note(facts: Facts) -> str:
    return contact_note(facts, diagnose(facts, findings_of(facts)).result)


# --- the nine steps --------------------------------------------------------------------------------------


@pytest.mark.parametrize("ground", Ground)
def test_all_nine_steps_are_there_with_something_to_do(ground: Ground) -> None:
    items = steps(GROUNDS[ground][0])
    assert list(items) == list(STEP_TITLES) == list(range(1, 10))
    for step in items.values():
        assert step.status in STATUSES
        assert step.do.endswith(".")
        assert "()" not in step.do and "None" not in step.do


def test_an_accepted_healthy_pair_has_nothing_that_fails() -> None:
    items = steps(make.facts())
    assert {number: items[number].status for number in (1, 2, 3, 6, 7, 8, 9)} == dict.fromkeys(
        (1, 2, 3, 6, 7, 8, 9), "pass"
    )
    assert items[5].status == "not_assessed"
    assert "--message" in items[5].do


def test_a_domain_run_mentions_no_recipient() -> None:
    assert not any("recipient was accepted" in step.do for step in steps(make.facts_of_domain()).values())


BLAMED = [
    (550, "5.1.1 user unknown", Stage.RCPT, 3),
    (552, "5.2.2 mailbox full", Stage.RCPT, 3),
    (552, "5.3.4 Message size exceeds fixed limit", Stage.MAIL, 4),
    (554, "5.7.1 Service unavailable; Client host [8.8.4.10] blocked using bl.example", Stage.RCPT, 6),
    (550, "5.7.23 SPF check failed", Stage.RCPT, 2),
    (550, "5.7.25 Client host rejected: cannot find your reverse hostname", Stage.RCPT, 2),
]


@pytest.mark.parametrize(("code", "text", "stage", "number"), BLAMED)
def test_the_step_that_the_cause_belongs_to_fails(code: int, text: str, stage: Stage, number: int) -> None:
    facts = make.facts(sessions=(met(stage, make.reply(code, text)),))
    cause = diagnose(facts, findings_of(facts)).verdict.cause
    step = steps(facts)[number]
    assert step.status == "fail"
    assert cause is not None
    assert causes()[cause].action in step.do


def test_a_passing_cause_warns() -> None:
    busy = met(Stage.GREETING, make.reply(421, "4.7.0 mx Error: too many connections from 8.8.4.10"))
    items = steps(make.facts(sessions=(busy,)))
    assert (items[1].status, items[7].status, items[9].status) == ("warn", "warn", "warn")
    assert items[1].do.startswith("Temporary (soft)")


def test_retry_names_the_wait() -> None:
    assert "after 5 min" in steps(GREYLISTED)[9].do
    assert steps(refused("5.1.1 user unknown"))[9].do == "Do not try again with this address."
    assert "after the fault" in steps(refused("5.7.23 SPF check failed"))[9].do


def test_a_block_that_no_list_explains_is_told_with_what_the_lists_said() -> None:
    step = steps(refused("5.7.1 your IP address is blacklisted here"))[6]
    assert step.status == "fail"
    assert step.do.startswith("8.8.4.10 is not on bl.example, the only blocklist that could be believed. ")
    listed = make.facts(listings=(make.listing(ListingStatus.LISTED),))
    step = steps(replace(refused("5.7.1 your IP address is blacklisted here"), listings=listed.listings))[6]
    assert not step.do.startswith("8.8.4.10")


def test_the_pseudonym_of_an_mx_address_is_no_fault_of_it() -> None:
    host = MxHost(10, "mx.recipient.example", (ip_address("192.0.2.7"),), ())
    recipient = make.recipient_facts(mx=make.mx_result(RouteKind.MX, host))
    started = full_recording()
    result = make.facts(recipient=recipient)
    assert "documentation" in dns_section(result, started).mx[0].problems[0]
    assert dns_section(replace(result, redacted=True), started).mx[0].problems == ()


def test_a_fault_of_the_sender_fails_its_step_even_when_accepted() -> None:
    items = steps(make.facts(sender=make.sender_facts(spf=make.spf(SpfVerdict.FAIL))))
    assert (items[1].status, items[2].status, items[9].status) == ("pass", "fail", "fail")
    assert "spf" in items[2].findings


@pytest.mark.parametrize(
    "silent",
    [
        {"spf": make.spf(SpfVerdict.TEMPERROR, record=None, matched=None)},
        {"ptr": make.ptr(PtrStatus.UNKNOWN, names=(), confirmed=())},
        {"dkim": (make.key(status=KeyStatus.UNKNOWN),)},
        {"dmarc": make.dmarc(None, unknown=True)},
    ],
)
def test_a_step_is_not_passed_on_an_answer_that_did_not_come(silent: dict[str, Any]) -> None:
    result = steps(make.facts(sender=make.sender_facts(**silent)))
    assert result[2].status == "not_assessed"
    assert "ask a second resolver" in result[2].do
    assert result[9].do == "Send the message: nothing that DNS answered stood in its way."


@pytest.mark.parametrize("number", [2, 6])
def test_the_findings_of_a_step_are_its_own(number: int) -> None:
    facts = make.facts(listings=(make.listing(ListingStatus.LISTED),))
    step = steps(facts)[number]
    of_step = {finding.id for finding in findings_of(facts) if finding.step == number}
    assert set(step.findings) == of_step
    assert len(step.findings) == len(set(step.findings))


@pytest.mark.parametrize("text", ["5.1.1 fine", "no such user here"])
def test_an_acceptance_in_the_words_of_a_refusal_is_relied_on_in_no_step(text: str) -> None:
    facts = make.facts(sessions=(met(Stage.RCPT, make.reply(250, text)),))
    items = steps(facts)
    assert [items[number].status for number in (1, 8, 9)] == ["warn", "manual", "manual"]


@pytest.mark.parametrize(("reply", "through_mail"), [(make.reply(250, "2.1.5 Ok"), True), (NOBODY, False)])
def test_a_postmaster_that_is_refused_is_no_way_to_the_recipient(reply: Reply, through_mail: bool) -> None:
    to = "postmaster@recipient.example"
    result = make.session(
        2, experiment=Experiment.POSTMASTER, exchanges=make.exchanges(reply, session=2, to=to)
    )
    step = steps(make.facts(sessions=(met(Stage.RCPT, NOBODY), result)))[8]
    assert step.status == "manual"
    assert step.do.startswith("Use another channel than mail") is not through_mail


def test_what_is_not_dialled_unasked_is_not_worth_trying_again() -> None:
    verdict = diagnose(UNDIALLED, ()).verdict
    assert (verdict.outcome, verdict.fix_by, verdict.retry) == ("inconclusive", "either", "after_fix")
    assert "another channel" not in steps(UNDIALLED)[8].do


def test_what_was_not_looked_at_never_passes() -> None:
    items = steps(make.facts_unknown())
    assert "pass" not in {items[number].status for number in (1, 2, 3, 4, 5, 6)}
    not_assessed = [f for f in findings_of(make.facts_unknown()) if f.severity is Severity.NOT_ASSESSED]
    assert len(not_assessed) > 10


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 s"),
        (119, "119 s"),
        (120, "2 min"),
        (5400, "90 min"),
        (7199, "120 min"),
        (7200, "2 h"),
        (86400, "24 h"),
        (172799, "48 h"),
        (172800, "2 days"),
    ],
)
def test_a_wait_in_words(seconds: int, words: str) -> None:
    assert duration(seconds) == words


# --- the next test ---------------------------------------------------------------------------------------


def test_nothing_more_is_asked_where_nothing_is_open() -> None:
    for facts in (make.facts(), make.facts_of_domain(), GREYLISTED, CASES["null_mx"][0]):
        assert asked_next(facts) is None
    assert asked_next(refused("5.1.1 user unknown")) is None


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (CASES["dns_unknown"][0], "--nameserver"),
        (UNDIALLED, "--allow-private"),
        (CASES["no_connection"][0], "--bind"),
        (CASES["no_reply"][0], "--bind"),
        (CASES["desynchronised"][0], "--bind"),
        (make.facts(sessions=(TLS_FAILED,), options=Options(tls=TlsMode.REQUIRE)), "--tls auto"),
        (make.facts(sessions=()), "--timeout"),
        (refused("5.0.0 no"), "--controls always"),
    ],
)
def test_what_is_open_is_asked_by_the_observation_that_would_settle_it(facts: Facts, words: str) -> None:
    own = (make.SOURCE, ip_address("198.51.100.99"))
    test = asked_next(replace(facts, vantage=replace(facts.vantage, addresses=own)))
    assert test is not None and test.command is not None
    assert test.command.startswith("smtp-probe check bob@sender.example alice@recipient.example")
    assert words in test.command


def test_a_resolver_that_answers_for_nobody_is_looked_at_first() -> None:
    for facts, here in ((make.facts_unknown(), True), (CASES["dns_unknown"][0], False)):
        test = asked_next(facts)
        assert test is not None
        assert ("resolver and network first" in test.text) is here


def test_what_was_left_out_is_asked_before_more_time() -> None:
    test = asked_next(make.facts(sessions=(), options=Options(smtp=False)))
    assert test is not None and test.command is not None
    assert "--no-smtp" in test.text
    assert "--timeout" not in test.command and "--no-smtp" not in test.command


def test_an_answer_to_another_address_is_asked_from_the_right_one() -> None:
    facts = refused("5.7.1 no", vantage=make.vantage(is_sending_address=False))
    test = asked_next(facts)
    assert test is not None and test.command is None
    assert test.text.endswith("; there: smtp-probe check bob@sender.example alice@recipient.example")


def test_the_command_keeps_what_the_user_said_and_quotes_it() -> None:
    options = Options(
        ip=make.SOURCE,
        helo="a.example",
        header_from=parse_mailbox("news@brand.example"),
        mx=Endpoint("::1", 2525),
    )
    test = asked_next(refused("5.0.0 no", options=options))
    assert test is not None
    command = test.command
    assert command is not None
    for words in (
        "--ip 8.8.4.10",
        "--helo a.example",
        "--header-from news@brand.example",
        "--mx '[::1]:2525'",
    ):
        assert words in command


# --- the note --------------------------------------------------------------------------------------------


def test_the_note_holds_the_facts_of_the_run() -> None:
    text = note(refused("5.7.1 Blocked, see https://bl.example"))
    for words in (
        "To: postmaster@recipient.example",
        "2026-11-21T08:00:00Z",
        "mx1.recipient.example [9.9.9.16]",
        "RCPT TO:<alice@recipient.example>",
        "550 5.7.1 Blocked, see https://bl.example",
        "8.8.4.10",
        "SPF               pass",
        "p=reject",
        "listed on none",
    ):
        assert words in text


def test_there_is_no_note_where_there_is_nothing_to_tell() -> None:
    assert note(make.facts()) == ""
    assert note(make.facts_of_domain()) == ""
    assert note(make.facts(sessions=(), options=Options(smtp=False))) == ""


def test_the_note_tells_in_words_why_the_host_is_of_no_use() -> None:
    words = " ".join(note(CASES["loopback_mx"][0]).split())
    assert "could not be used: every MX of recipient.example leads back to the sender's own machine." in words


NOBODY_TO_TELL = (Ground.NOT_REACHED, Ground.NOT_ASKED, Ground.LOGIN, Ground.INTERRUPTED, Ground.OWN)


@pytest.mark.parametrize("ground", [g for g in Ground if g not in NOBODY_TO_TELL])
def test_the_note_says_only_what_happened(ground: Ground) -> None:
    text = note(GROUNDS[ground][0])
    assert text
    assert "None" not in text
    if ground in (Ground.TLS, Ground.SMTPUTF8):
        assert "answered to" not in text, "a positive reply is nothing to complain of"


# --- the whole report ------------------------------------------------------------------------------------

CONTRACT: dict[str, set[str]] = {
    "": {
        "schema",
        "tool",
        "target",
        "started_at",
        "elapsed_ms",
        "verdict",
        "causes",
        "next_test",
        "checklist",
        "findings",
        "sessions",
        "dns",
    },
    "tool": {"version", "rules"},
    "target": {"reverse_path", "forward_path", "source_ip", "helo", "header_from"},
    "verdict": {
        "outcome",
        "stage",
        "reply",
        "cause",
        "confidence",
        "band",
        "fix_by",
        "retry",
        "retry_after_s",
        "retry_reason",
        "after_data_risks",
        "summary",
        "exit_code",
    },
    "causes": {"id", "title", "family", "probability", "for", "against", "action"},
    "causes.for": {"text", "weight_db", "ref"},
    "checklist": {"step", "title", "status", "findings", "do"},
    "findings": {"id", "severity", "step", "message", "evidence", "remedy", "references"},
    "sessions": {"mx_host", "ip", "port", "experiment", "tls", "exchanges", "ended"},
    "sessions.exchanges": {"stage", "sent", "reply_code", "enhanced_status", "reply_lines", "elapsed_ms"},
    "dns": {"mx", "spf", "dkim", "dmarc", "ptr", "helo", "mta_sts", "dane", "dnsbl"},
    "dns.mx": {"preference", "host", "addresses"},
    "dns.spf": {"record", "result", "matched", "lookups", "void_lookups"},
    "dns.dkim": {"selector", "status", "key_type", "key_bits"},
    "dns.dmarc": {"record", "policy", "domain"},
    "dns.ptr": {"name", "confirmed"},
    "dns.dnsbl": {"zone", "query", "status", "codes", "text"},
}


def inside(document: Any, path: str) -> Any:
    """The object at a dotted path, taking the first of a list that has it."""
    for key in filter(None, path.split(".")):
        document = (
            next((item for item in document if item[key]), None) if isinstance(document, list) else document
        )
        document = document[key]
    return document[0] if isinstance(document, list) else document


def test_the_report_has_every_key_of_the_contract() -> None:
    document = json.loads(to_json(report_of(full_recording())))
    jsonschema.validate(document, report_schema())
    for path, keys in CONTRACT.items():
        assert keys <= set(inside(document, path)), path
    assert [step["step"] for step in document["checklist"]] == list(range(1, 10))
    assert sum(cause["probability"] for cause in document["causes"]) == pytest.approx(1, abs=1e-7)


def test_the_header_from_that_was_judged_is_the_sender_when_none_was_given() -> None:
    started, *events = full_events()
    assert isinstance(started, Started)
    result = report_of(full_recording()).target
    options = replace(started.options, header_from=None)
    default = report_of(Recording.of([replace(started, options=options), *events])).target
    assert result.header_from == str(started.options.header_from) != result.reverse_path
    assert default.header_from == default.reverse_path


def test_the_report_is_a_pure_function_of_the_recording() -> None:
    assert report_of(full_recording()) == report_of(full_recording())
    assert to_json(report_of(full_recording())) == to_json(report_of(full_recording()))


def test_every_prefix_of_a_recording_with_every_kind_of_event_interprets() -> None:
    events = full_events()
    for end in range(1, len(events) + 1):
        report = report_of(Recording.of(events[:end]))
        assert report.verdict.exit_code in (1, 4)
        assert [step.step for step in report.checklist] == list(range(1, 10))
        assert report.complete is (end == len(events))
