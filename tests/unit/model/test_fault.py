"""What fails inside the program costs itself: the report is made, and says what it was made without."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NoReturn

import pytest

from probe import run
from probe.checks.catalogue import Check, all_checks, findings_of
from probe.checks.judging import needs
from probe.checks.sender import ptr
from probe.checks.vantage import internal
from probe.diagnosis import assemble, evidence, verdict
from probe.diagnosis.assemble import report_on
from probe.diagnosis.observations import PREDICATES
from probe.facts import build, sessions
from probe.facts.build import facts_of
from probe.facts.model import Facts
from probe.knowledge.requirements import Need
from probe.model.debugging import DEBUG, ISSUES
from probe.model.fault import collect_faults, fault_of, recover, recover_async
from probe.model.finding import Finding, Severity
from probe.model.program_part import ProgramPart
from probe.model.reply import Reply, Stage
from probe.model.report import Report
from probe.model.session import Experiment
from probe.reading.message import read as message_reader
from probe.reading.message import signatures
from probe.report.json_report import to_json
from probe.report.style import Style
from probe.survey import recipient, reputation, sender
from tests.support import facts as make
from tests.support.recordings import full_recording
from tests.support.rendering import to_markdown, to_text
from tests.unit.diagnosis.test_evidence import others, refused


class PlantedError(Exception):
    pass


def fail(*_: object, **__: object) -> NoReturn:
    raise PlantedError("a\x1bb")


@pytest.fixture(autouse=True)
def _as_for_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DEBUG)


def told(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.id == internal.ID]


def same_verdict(one: Report, other: Report) -> bool:
    """What was observed, and the exit code."""
    return all(
        getattr(one.verdict, name) == getattr(other.verdict, name)
        for name in ("outcome", "stage", "reply", "exit_code")
    )


REFUSED = refused("5.0.0 no", others(None, "5.1.1 no such user"))
RECORDING = full_recording()
checks = pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.ID)


@checks
def test_a_check_that_raises_is_the_only_one_left_out(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = make.facts(message=make.message())
    before = report_on(facts, RECORDING)
    monkeypatch.setattr(check, "check", fail)
    report = report_on(facts, RECORDING)
    assert same_verdict(report, before)
    (finding,) = told(report)
    assert (finding.severity, finding.step) == (Severity.NOT_ASSESSED, check.STEP)
    assert f"the check {check.ID} was left out" in finding.message
    assert "PlantedError" in finding.message
    others_found = [f for f in before.findings if f.id != check.ID]
    assert [f for f in report.findings if f.id != internal.ID] == others_found
    assert report.checklist[check.STEP - 1].status != "pass" or check.STEP in (1, 8, 9)


def test_what_a_check_found_before_it_failed_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = Finding("ptr", Severity.WARNING, 2, "found", tag="ptr-missing")

    def half(_: Facts) -> Iterator[Finding]:
        yield finding
        fail()

    monkeypatch.setattr(ptr, "check", half)
    assert [f.id for f in findings_of(make.facts()) if f.id in ("ptr", "internal")] == ["ptr", "internal"]


@pytest.mark.parametrize("name", PREDICATES)
def test_a_predicate_that_raises_leaves_out_its_rule_alone(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = report_on(REFUSED, RECORDING)
    monkeypatch.setitem(PREDICATES, name, fail)
    report = report_on(REFUSED, RECORDING)
    assert same_verdict(report, before)
    text = " ".join(finding.message for finding in told(report))
    assert "the rule " in text or not _is_looked_for(name)


def _is_looked_for(name: str) -> bool:
    """Whether a rule asks for the predicate at RCPT, where the recipient was refused."""
    from probe.knowledge.fact_evidence import fact_evidence

    return any(
        entry.predicate == name and (not entry.stages or Stage.RCPT in entry.stages)
        for entry in fact_evidence()
    )


@pytest.mark.parametrize("need", needs._JUDGES)
def test_a_requirement_that_raises_is_unknown_and_the_others_are_judged(
    need: Need, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(needs._JUDGES, need, fail)
    with collect_faults() as faults:
        assert needs.standing(need, make.facts()).is_met is None
    assert [(fault.part, fault.of) for fault in faults] == [(ProgramPart.NEED, need)]


READERS: dict[str, tuple[Any, str]] = {
    "route": (recipient, "route"),
    "provider": (build, "operator"),
    "mta-sts": (build, "mta_sts_of"),
    "tls-rpt": (build, "tls_rpt_of"),
    "transport": (recipient, "transport_records"),
    "tlsa": (recipient, "tlsa_answers"),
    "dane": (build, "dane_of"),
    "typo": (build, "likely_typo_of"),
    "spf": (sender, "spf_of_mail_from"),
    "keys": (sender, "dkim_keys"),
    "dmarc": (sender, "dmarc_of"),
    "alignment": (sender, "possible_alignment"),
    "ptr": (sender, "confirm_reverse"),
    "helo": (sender, "helo_of"),
    "mail": (sender, "mail_domain"),
    "blocklists": (reputation, "listings"),
    "message": (message_reader, "read_message"),
    "selectors": (signatures, "signing_selectors"),
    "bounce": (build, "bounce_of"),
    "resolver": (build, "notable_answers"),
    "session": (sessions, "_session"),
    "certificate": (sessions, "read_certificate"),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
def test_a_reader_that_raises_leaves_out_what_it_reads_alone(
    reader: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*reader, _failing_like(reader[1]))
    facts = facts_of(RECORDING)
    assert facts.faults
    report = report_on(facts, RECORDING)
    assert report.verdict.exit_code != 70
    assert {finding.severity for finding in told(report)} == {Severity.NOT_ASSESSED}
    assert all(text for text in (to_text(report), to_markdown(report), to_json(report)))


def _failing_like(name: str) -> Callable[..., Any]:
    """A generator where the reader is one: it fails when it is driven."""
    generators = {"route", "transport_records", "tlsa_answers", "listings", "confirm_reverse", "helo_of"}
    if name in generators or name.startswith(("spf_", "dkim_", "dmarc_", "possible_", "mail_")):

        def driven(*_: object) -> Iterator[Any]:
            yield ()
            fail()

        return driven
    return fail


def test_a_session_that_cannot_be_read_is_not_laid_on_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_session", fail)
    report = run.report_of(RECORDING)
    assert (report.verdict.outcome, report.verdict.exit_code) == ("inconclusive", 4)
    assert "this program failed to read what a server said" in report.verdict.summary


def test_a_message_that_cannot_be_read_was_given_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_reader, "read_message", fail)
    text = {f.message for f in run.report_of(RECORDING).findings if f.id == "message-missing"}
    assert text == {"content: the message was given, and this program failed to read it"}


PARTS: dict[str, tuple[Any, str]] = {
    "the reply": (evidence, "read_received"),
    "the speaker": (evidence, "tell"),
    "the facts": (evidence, "fact_evidence"),
    "the ranking": (verdict, "rank"),
    "the conclusion": (verdict, "conclude"),
    "the summary": (verdict, "summary"),
    "the next test": (assemble, "next_test"),
    "the hypotheses": (assemble, "walk"),
    "the note": (assemble, "contact_note"),
}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS.keys())
def test_a_part_of_the_diagnosis_that_fails_leaves_the_outcome(
    part: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = report_on(REFUSED, RECORDING)
    monkeypatch.setattr(*part, fail)
    report = report_on(REFUSED, RECORDING)
    assert same_verdict(report, before)
    assert told(report)
    assert report.verdict.retry == "after_fix", "a refusal for good is never told to be tried again at once"
    assert all(text for text in (to_text(report), to_markdown(report), to_json(report)))


def test_a_step_that_fails_is_not_assessed(monkeypatch: pytest.MonkeyPatch) -> None:
    from probe.diagnosis import checklist

    monkeypatch.setattr(checklist, "_by_findings", fail)
    report = report_on(REFUSED, RECORDING)
    assert [step.status for step in report.checklist][1:7] == ["not_assessed"] * 6
    assert len(told(report)) == 6


def test_where_a_live_run_cannot_judge_it_asks_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    from probe.diagnosis import advice, answer

    offered = (Experiment.POSTMASTER, Experiment.NULL_SENDER)
    monkeypatch.setattr(advice, "diagnose", fail)
    monkeypatch.setattr(answer, "read_received", fail)
    result = advice.next_experiment(partial(facts_of, RECORDING), offered)
    assert (result.choice, set(result.idle)) == (None, set(offered))
    assert answer.settles_cause(Reply(550, None, ("no",)), Stage.RCPT)
    assert answer.refuses_this_client(Reply(550, None, ("no",)), Stage.RCPT)


def test_a_report_says_what_it_was_made_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ptr, "check", fail)
    report = report_on(make.facts(), RECORDING)
    for text in (to_text(report, Style(width=400)), to_text(report, Style(width=400, verbosity=1))):
        assert "Internal errors" in text
        assert f"report it at {ISSUES}" in text
        assert "\x1b" not in text
    assert "## Internal errors\n\n- the check ptr" in to_markdown(report)
    assert "Internal error: the check ptr" in to_text(report, Style(width=400, verbosity=-1))


def test_the_place_is_named_from_the_package_on() -> None:
    with pytest.raises(AttributeError) as caught:
        findings_of(None)  # type: ignore[arg-type]
    assert fault_of(ProgramPart.PTR, caught.value, step=1).where.startswith("probe/checks/catalogue.py:")


def test_the_words_of_an_exception_are_bounded_and_on_one_line() -> None:
    fault = fault_of(ProgramPart.PTR, ValueError("a\nb" * 1000), step=1)
    assert "\n" not in fault.what
    assert len(fault.what) < 250


@pytest.mark.parametrize(
    "error",
    [MemoryError(), OSError(errno.EMFILE, os.strerror(errno.EMFILE)), OSError(errno.ENOMEM, "no memory")],
)
def test_what_the_machine_lacks_is_no_bug(error: Exception) -> None:
    finding = internal.finding_of(fault_of(ProgramPart.CHECK, error, step=2))
    assert "this machine " in finding.message
    assert "bug" not in finding.message
    assert ISSUES not in finding.remedy


def test_a_fault_is_collected_once_by_the_innermost_collector() -> None:
    with collect_faults() as outer:
        with collect_faults() as inner:
            for _ in range(3):
                assert recover(ProgramPart.PTR, fail, "instead", step=1) == "instead"
        recover(ProgramPart.SPF, fail, None, step=1)
    assert [fault.part for fault in inner] == [ProgramPart.PTR]
    assert [fault.part for fault in outer] == [ProgramPart.SPF]


async def test_an_exception_of_a_coroutine_is_caught_and_a_cancellation_is_not() -> None:
    import asyncio

    async def work() -> None:
        fail()

    with collect_faults() as faults:
        assert await recover_async(ProgramPart.PTR, work(), 7, step=1) == 7
    assert len(faults) == 1
    task = asyncio.ensure_future(recover_async(ProgramPart.PTR, asyncio.sleep(3600), None, step=1))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_tests_see_the_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DEBUG, "1")
    monkeypatch.setattr(ptr, "check", fail)
    for make_report in (partial(findings_of, make.facts()), partial(run.report_of, RECORDING)):
        with pytest.raises(PlantedError):
            make_report()
