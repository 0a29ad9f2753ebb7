"""The cases of a run (check, domain, demo, replay): the verdict, and each check in its step."""

from __future__ import annotations

from collections.abc import Sequence

from probe.model.finding import Finding, Severity
from probe.model.report import Report
from probe.model.steps import STEP_TITLES
from probe.model.verdict import ExitCode
from probe.report import run_words, view
from probe.report.case import Case, Cases, CaseStatus
from probe.report.line import plain

VERDICT = "verdict"
_FAULTS = (Severity.FATAL, Severity.ERROR)
_REMARKS = (Severity.WARNING, Severity.NOTICE)
_STATUS = {ExitCode.ACCEPTED: CaseStatus.PASSED, ExitCode.INCONCLUSIVE: CaseStatus.BROKEN}


def build(report: Report) -> Cases:
    """The verdict first, then the checks in the order of the steps. A check that found several things is one
    case: with a fault it failed, with nothing but what could not be looked at it is skipped."""
    groups: dict[tuple[int, str], list[Finding]] = {}
    for finding in report.findings:
        groups.setdefault((finding.step, finding.id), []).append(finding)
    return Cases(
        view.route_line(report),
        (_verdict(report), *(_case(*key, groups[key]) for key in sorted(groups))),
        report.started_at,
        report.elapsed_ms / 1000,
        (("version", report.tool.version), ("rules", report.tool.rules)),
    )


def _verdict(report: Report) -> Case:
    status = _STATUS.get(report.verdict.exit_code, CaseStatus.FAILED)
    reply = f": {report.verdict.reply}" if report.verdict.reply else ""
    message = f"{run_words.headline(report)} {plain(view.where(report))}{reply}"
    return Case(VERDICT, "outcome", status, message, tuple(view.advice(report)))


def _case(step: int, name: str, findings: Sequence[Finding]) -> Case:
    """Faults before remarks, and those before what could not be looked at."""
    group = f"{step} {STEP_TITLES[step]}"
    faults = [it for it in findings if it.severity in _FAULTS]
    remarks = [it for it in findings if it.severity in _REMARKS]
    gaps = [it for it in findings if it.severity is Severity.NOT_ASSESSED]
    worst = faults or remarks or gaps
    if faults:
        status = CaseStatus.FAILED
    else:
        status = CaseStatus.SKIPPED if len(gaps) == len(findings) else CaseStatus.PASSED
    message = worst[0].message if worst else ""
    further = (line for it in worst for line in (it.message if it is not worst[0] else "", it.remedy) if line)
    is_warning = not faults and any(it.severity is Severity.WARNING for it in remarks)
    return Case(group, name, status, message, tuple(dict.fromkeys(further)), is_warning)
