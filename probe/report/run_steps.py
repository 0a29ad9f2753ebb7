"""The findings and the nine steps in the report of a run."""

from __future__ import annotations

from collections.abc import Iterator

from probe.model.finding import Finding, Severity
from probe.model.report import Report
from probe.model.steps import STEP_TITLES, StepStatus
from probe.model.text import size
from probe.report import act, view, view_steps
from probe.report import document as doc
from probe.report.detail import Detail
from probe.report.line import Line, Origin, Raw

_NOTHING = "Nothing"  # the first word of the advice if a step needs no action
_ORDER = list(Severity)
_SIZE, _CONTENT = 3, 5  # where steps 4 and 5 begin and end


def findings(report: Report, detail: Detail) -> Iterator[doc.Section]:
    """The faults with their remedies, for readers without the program; otherwise they are in the steps."""
    if detail.is_for_others:
        yield from section(report, view.BAD, detail)


def section(report: Report, severities: tuple[Severity, ...], detail: Detail) -> Iterator[doc.Section]:
    """The findings of these severities, worst first."""
    worth = sorted(
        (finding for finding in report.findings if finding.severity in severities),
        key=lambda finding: _ORDER.index(finding.severity),
    )
    if worth:
        yield doc.Section(("Findings",), (doc.Findings(tuple(_row(it, detail) for it in worth)),))


def _row(finding: Finding, detail: Detail) -> doc.FindingRow:
    identity = finding.id if detail is Detail.FULL or detail.is_for_others else ""
    remedy: Line = (Raw(finding.remedy),) if finding.remedy else ()
    return doc.FindingRow(finding.severity.value.replace("_", " "), identity, (Raw(finding.message),), remedy)


def steps(report: Report, detail: Detail) -> Iterator[doc.Section]:
    """The nine steps: the problems, or what is ok; and what to do."""
    if report.checklist:
        views = view_steps.steps(report)
        rows = [_step(report, step_view, detail) for step_view in views]
        if detail is Detail.SCREEN and view_steps.waits_for_the_message(views):
            rows[_SIZE:_CONTENT] = [_without_message(report)]
        yield doc.Section(("Nine steps",), (doc.Steps(tuple(rows)),))


def _without_message(report: Report) -> doc.StepRow:
    """Steps 4 and 5 in one line, if there is no message."""
    session = view.deciding_session(report)
    limit = f"up to {size(session.size_limit)}; " if session is not None and session.size_limit else ""
    return doc.StepRow(
        _SIZE + 1,
        f"{STEP_TITLES[_SIZE + 1]}; {_CONTENT} {STEP_TITLES[_CONTENT]}",
        StepStatus.NOT_ASSESSED,
        ((f"{limit}--message FILE lets both be assessed",),),
        (),
    )


def _step(report: Report, step_view: view_steps.StepView, detail: Detail) -> doc.StepRow:
    step = step_view.step
    lines = tuple(_finding_lines(report, step_view, detail))
    do = _refer_to_act(step.do, view.action(report))
    if lines and (do.startswith(_NOTHING) or (detail is Detail.FULL and _is_told(do, step_view))):
        do = ""
    if not lines and not do:
        is_right = step.status is StepStatus.PASS
        lines = (("nothing seen that speaks against it" if is_right else "not assessed",),)
    return doc.StepRow(step.step, step.title, step.status, lines, (Raw(do),) if do else ())


def _refer_to_act(do: str, action: str) -> str:
    """The advice of a step, replaced by a reference if the verdict has it already."""
    return f"{do.removesuffix(action)}See “{act.ACT}”." if action and do.endswith(action) else do


def _finding_lines(report: Report, step_view: view_steps.StepView, detail: Detail) -> Iterator[Line]:
    glance = []
    if step_view.step.step == view_steps.DNS_STEP:
        # with -v the findings below have the reasons
        glance = view_steps.authentication(report, reasons=detail is not Detail.FULL)
    if not step_view.problems:
        yield from ((Raw(text),) for text in glance)
    if detail is Detail.FULL:
        for finding in (*step_view.problems, *step_view.rest):
            row = _row(finding, detail)
            remedy: Line = (" → ", *row.remedy) if row.remedy else ()
            yield (f"{row.severity}: ", *row.message, Origin(row.id), *remedy)
    else:
        where_more = "see above" if detail.is_for_others else "-v shows all"
        for text in view_steps.main_findings(step_view, where_more):
            yield (Raw(text),)
    if step_view.problems:
        yield from ((Raw(text),) for text in glance)


def _is_told(do: str, step_view: view_steps.StepView) -> bool:
    """Whether the remedies of the step's findings already say everything to do."""
    for finding in (*step_view.problems, *step_view.rest):
        do = do.replace(finding.remedy, "")
    return not do.strip()
