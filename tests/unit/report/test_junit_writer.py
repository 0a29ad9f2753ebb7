"""`--format junit`: a check is a case in the class of its step, as a CI system reads it."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase

from probe.model.finding import Finding, Severity
from probe.model.report import Report
from probe.model.verdict import ExitCode
from probe.report import junit_writer
from probe.report.case import Case, Cases, CaseStatus
from probe.report.formats import Kind, formats_of
from probe.report.style import Style
from tests.properties.test_report_hostile import live, poisoned, tickets
from tests.support import reports

TestCase.__test__ = False  # pytest would collect it


def read(text: str) -> list[TestCase]:
    """The cases of the one suite; the counts of suite and file must be theirs."""
    whole = JUnitXml.fromroot(JUnitXml.fromstring(text.encode())._elem)
    (suite,) = whole
    cases = list(suite)
    kinds = [type(it.result[0]) if it.result else None for it in cases]
    numbers = (len(cases), kinds.count(Failure), kinds.count(Error), kinds.count(Skipped))
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == numbers
    assert (whole.tests, whole.failures, whole.errors, whole.skipped) == numbers
    names = [(it.classname, it.name) for it in cases]
    assert len(set(names)) == len(names), "a CI system tells cases apart by class and name"
    return cases


def cases_of(report: Report) -> dict[tuple[str, str], TestCase]:
    text = formats_of(Kind.RUN)["junit"].write(Kind.RUN, report, Style())
    return {(it.classname, it.name): it for it in read(text)}


def finding(severity: Severity, message: str, *, step: int = 2, name: str = "spf") -> Finding:
    return Finding(name, severity, step, message, remedy="Mend it.", tag=name)


def only(*findings: Finding) -> TestCase:
    cases = cases_of(replace(reports.refused(), findings=findings))
    return cases[("2 DNS settings", "spf")]


@pytest.mark.parametrize("severity", [Severity.ERROR, Severity.FATAL])
def test_an_error_is_a_failure_whatever_else_was_found(severity: Severity) -> None:
    case = only(
        finding(Severity.OK, "right"),
        finding(Severity.NOT_ASSESSED, "open"),
        finding(Severity.WARNING, "odd"),
        finding(severity, "wrong"),
        finding(severity, "wrong, too"),
    )
    (failure,) = case.result
    assert isinstance(failure, Failure)
    assert failure.message == "wrong"
    assert failure.text == "Mend it.\nwrong, too"


def test_what_was_not_assessed_is_skipped_with_its_reason() -> None:
    (result,) = only(finding(Severity.NOT_ASSESSED, "no answer")).result
    assert isinstance(result, Skipped)
    assert result.message == "no answer"


@pytest.mark.parametrize("severity", [Severity.WARNING, Severity.NOTICE])
def test_a_remark_passes_and_is_told(severity: Severity) -> None:
    case = only(finding(severity, "odd"), finding(Severity.NOT_ASSESSED, "open"))
    assert not case.result
    assert case.system_out == "odd\nMend it."


def test_what_is_right_passes_without_a_word() -> None:
    case = only(finding(Severity.OK, "right"), finding(Severity.NOT_ASSESSED, "open"))
    assert not case.result
    assert "right" not in (case.system_out or "")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (ExitCode.ACCEPTED, None),
        (ExitCode.REFUSED, Failure),
        (ExitCode.DEFERRED, Failure),
        (ExitCode.AT_RISK, Failure),
        (ExitCode.INCONCLUSIVE, Error),
    ],
)
def test_the_verdict_is_a_case(code: ExitCode, kind: type | None) -> None:
    report = reports.refused()
    case = cases_of(replace(report, verdict=replace(report.verdict, exit_code=code)))[("verdict", "outcome")]
    assert [type(it) for it in case.result] == ([kind] if kind is not None else [])


def test_each_check_of_a_report_is_one_case() -> None:
    for sample in reports.SAMPLES.values():
        report = sample()
        names = {(f"{it.step} ", it.id) for it in report.findings}
        cases = set(cases_of(report)) - {("verdict", "outcome")}
        assert {(group[:2], name) for group, name in cases} == names


@given(st.sampled_from(sorted(reports.SAMPLES)), tickets)
def test_no_report_of_a_stranger_breaks_the_file(name: str, text: str) -> None:
    output = formats_of(Kind.RUN)["junit"].write(Kind.RUN, poisoned(reports.SAMPLES[name](), text), Style())
    assert read(output)
    assert live(output) == []


anything = st.text(st.characters() | st.characters(categories=["Cc", "Cs", "Cn"])) | st.just("]]>&#0;<a b='")
cases = st.builds(
    Case, anything, anything, st.sampled_from(CaseStatus), anything, st.lists(anything).map(tuple)
)


@given(anything, st.lists(cases, unique_by=lambda it: (it.group, it.name)).map(tuple))
def test_any_text_is_well_formed(name: str, rows: tuple[Case, ...]) -> None:
    text = junit_writer.write(Cases(name, rows, "2026-11-21T12:00:00.5Z", 1.5, (("rules", name),)))
    (suite,) = JUnitXml.fromfile(io.BytesIO(text.encode()))
    assert suite.tests == len(rows)
    assert suite.timestamp == "2026-11-21T12:00:00"
