"""Every scenario of the lab end to end: what the live run says, and what its stored recording says.

What must and must not be in a report is written by hand in the scenario's `expected` table, never
generated. `python -m tests.golden.record_scenarios` makes the stored recordings anew.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from probe import lab, run
from probe.checks import catalogue
from probe.cli.catalogue import rule_entries
from probe.model.report import Report
from probe.recording import events as ev
from probe.recording.codec import decode, encode
from probe.recording.journal import Recording
from probe.report.style import Style
from tests.support.rendering import to_text

RECORDINGS = Path(__file__).resolve().parents[2] / "fixtures" / "recordings"
BAD = {"fatal", "error", "warning"}
IDS = lab.identities()


@dataclass(frozen=True)
class Ran:
    recording: Recording
    report: Report
    sessions: int
    data_commands: int
    commands: Counter[str]


@cache
def ran(identity: str) -> Ran:
    """One live run of a scenario, shared by the tests."""

    async def observe() -> Ran:
        async with lab.serve(lab.load(identity)) as it:
            recording = await run.observe(it.target, it.options, message=it.message, world=it.world)
            report = run.report_of(recording)
            return Ran(recording, report, it.sessions, it.data_commands, it.log.commands)

    return asyncio.run(observe())


def assert_as_expected(report: Report, identity: str) -> None:
    expected = lab.load(identity).expected
    verdict = report.verdict
    text = (verdict.outcome, verdict.stage, verdict.cause, verdict.exit_code)
    assert text == (expected.outcome, expected.stage, expected.cause, expected.exit_code)
    assert set(expected.present) <= {finding.tag for finding in report.findings}
    bad = {finding.id for finding in report.findings if finding.severity.value in BAD}
    assert not bad & set(expected.absent)


@pytest.mark.parametrize("identity", IDS)
def test_a_scenario_is_diagnosed_as_its_data_promises(identity: str) -> None:
    assert_as_expected(ran(identity).report, identity)


@pytest.mark.parametrize("identity", IDS)
def test_a_scenario_ends_every_session_politely_and_never_sends_data(identity: str) -> None:
    it = ran(identity)
    assert it.data_commands == 0
    closed = it.recording.all(ev.SessionClosed)
    assert it.sessions == len(it.recording.all(ev.Connected))
    # a session that the server ended (421, a failed handshake) leaves nobody to say QUIT to
    assert it.commands["QUIT"] == sum(event.reason.value == "quit" for event in closed)


@pytest.mark.parametrize("identity", IDS)
def test_a_scenario_gives_the_identical_report_from_its_recording(identity: str) -> None:
    it = ran(identity)
    again = Recording.of(decode(encode(event)) for event in it.recording)
    assert run.report_of(again) == it.report


@pytest.mark.parametrize("identity", IDS)
def test_a_report_of_the_lab_says_that_it_is_one(identity: str) -> None:
    assert ran(identity).report.target.scenario == identity


def test_every_scenario_promises_findings_that_there_are() -> None:
    from probe.checks.catalogue import by_id
    from probe.knowledge.finding_tags import finding_tags

    for scenario in lab.scenarios():
        assert set(scenario.expected.present) <= finding_tags().keys()
        assert [identity for identity in scenario.expected.absent if by_id(identity) is None] == []
        assert scenario.expected.present or scenario.expected.absent


def test_the_recordings_are_those_of_the_scenarios() -> None:
    stored = {path.parent.name.removeprefix("lab-") for path in RECORDINGS.glob("lab-*/recording.jsonl")}
    assert stored == set(IDS)


@pytest.mark.parametrize("identity", IDS)
def test_a_recording_of_an_earlier_day_is_still_read_the_same(identity: str) -> None:
    assert_as_expected(run.replay(RECORDINGS / f"lab-{identity}" / "recording.jsonl"), identity)


@pytest.mark.parametrize("identity", IDS)
def test_every_prefix_of_a_scenario_s_recording_gives_a_report(identity: str) -> None:
    events = list(ran(identity).recording)
    for length in range(1, len(events), max(1, len(events) // 12)):
        verdict = run.report_of(Recording.of(events[:length])).verdict
        assert verdict.exit_code in {0, 1, 3, 4, 5}


@pytest.mark.parametrize("identity", IDS)
def test_every_piece_of_evidence_names_a_rule_and_every_finding_a_check_with_its_source(
    identity: str,
) -> None:
    report = ran(identity).report
    entries = {entry.id: dict(entry.rows) for entry in rule_entries()}
    pieces = [piece for cause in report.causes for piece in (*cause.evidence_for, *cause.evidence_against)]
    assert [piece.rule for piece in pieces if not entries.get(piece.rule, {}).get("source")] == []
    names = {check.ID: check for check in catalogue.all_checks()}
    assert {finding.id for finding in report.findings} <= names.keys()
    assert all("Source:" in (names[finding.id].__doc__ or "") for finding in report.findings)


def test_a_recipient_that_was_never_asked_for_is_said_to_be_so() -> None:
    text = to_text(ran("rate-limit").report, Style())
    assert "was not answered at RCPT: the server refused" in text
    assert "invented mailbox" not in text


@pytest.mark.parametrize("identity", ["tmall", "null-mx", "dangling-mx"])
def test_nobody_is_told_to_mail_a_postmaster_who_takes_no_mail(identity: str) -> None:
    step = ran(identity).report.checklist[7]
    assert step.status == "manual"
    assert "another channel than mail" in step.do


def test_missing_tls_is_not_held_against_the_sender_s_address() -> None:
    steps = {step.step: step.status for step in ran("tls-required").report.checklist}
    assert (steps[2], steps[6]) == ("fail", "pass")


def test_a_fault_of_the_recipient_s_side_beside_an_acceptance_is_told_to_its_postmaster() -> None:
    report = ran("mta-sts-broken").report
    assert report.verdict.fix_by == "recipient_admin"
    assert report.checklist[7].status == "manual"
    assert "the recipient's postmaster Act Mend what" in " ".join(to_text(report, Style()).split())


def test_where_nobody_must_act_the_steps_that_are_amiss_are_named_all_the_same() -> None:
    assert "Act         Send the message; step 5 is worth a look first." in to_text(
        ran("message-content").report
    )
    assert "Act         Send the message.\n" in to_text(ran("healthy").report)


def test_a_control_that_was_left_out_is_named_in_words() -> None:
    text = to_text(ran("address-closed").report, Style())
    assert "control (null reverse-path): not made" in " ".join(text.split())
    assert "null_sender" not in text
