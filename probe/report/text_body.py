"""Why, the nine steps, what could still happen after DATA, and what the run did not reach."""

from __future__ import annotations

from probe.model.report import Report
from probe.model.steps import StepStatus
from probe.model.verdict import Outcome
from probe.report import hypotheses, run_words, view, view_session, view_steps, words
from probe.report.page import Page, columns
from probe.report.style import VERBOSE, Paint

_STEP_PAINTS = {"pass": Paint.GOOD, "warn": Paint.WARN, "fail": Paint.BAD}
_TITLE_COLUMNS = 22
_ROOM_FOR_TITLES = 70  # below this width a step's text goes under its title
_NOTHING = "Nothing"
_SIDE_COLUMNS = 9


def write_why(page: Page, report: Report) -> None:
    """The evidence behind the first cause; with -v behind every cause."""
    main = view.main_cause(report)
    verbose = page.style.verbosity >= VERBOSE
    causes = report.causes if verbose else (main,) if main else ()
    causes = tuple(cause for cause in causes if view.arguments(cause))
    if not causes:
        return
    page.heading("Why")
    for cause in causes:
        if len(causes) > 1:
            page.text(f"{cause.title} ({cause.id})", indent=2)
        side = ""
        for argument in view.arguments(cause) if verbose else view.arguments(view.merged(cause)):
            label = argument.side if argument.side != side else ""
            side = argument.side
            weight = argument.weight if argument.side != "neutral" else ""
            origin = view.origin(argument.evidence.rule, argument.evidence.ref)
            text = f"{argument.evidence.text}{origin if verbose else ''}"
            page.text(text, lead=f"{label:{_SIDE_COLUMNS}}{weight:>3}  ", indent=2)


def write_hypotheses(page: Page, report: Report) -> None:
    """Where the reply names no cause: every kind of explanation with the fact that speaks most of it."""
    walked = report.hypotheses
    if walked:
        page.heading(hypotheses.unsaid(report))
        for text in hypotheses.origins(report):
            page.text(text, indent=2)
        titles = max(columns(page.style.encodable(it.title)) for it in walked)
        for it in walked:
            title = page.style.encodable(it.title)
            pad = " " * (titles - columns(title))
            weight = words.decibans(it.weight_db) if it.weight_db is not None else ""
            lead = f"{title}{pad} {words.percent(it.probability):>6}  {weight:>3}  "
            page.text(it.fact, lead=lead, indent=2)
    documented = hypotheses.documented(report)
    if documented:
        page.heading(f"Documented about {report.target.domain}")
        for text in documented:
            page.text(text, lead="- ", indent=2)


def write_steps(page: Page, report: Report) -> None:
    """The nine steps: a mark, the title, then the problems, or what was found right."""
    if not report.checklist:
        return
    page.heading("Nine steps")
    for step_view in view_steps.steps(report):
        step = step_view.step
        texts = _step_texts(report, step_view, verbose=page.style.verbosity >= VERBOSE)
        head = f"{step.step} {page.style.mark(step.status)} {step.title}"
        paint = _STEP_PAINTS.get(step.status)
        if page.style.width < _ROOM_FOR_TITLES:
            page.text("", lead=head, indent=2, paint=paint)
            for text in texts:
                page.text(text, indent=6)
            continue
        lead = f"{head:{_TITLE_COLUMNS + 4}} "
        for text in texts:
            page.text(text, lead=lead, indent=2, paint=paint)
            lead, paint = " " * len(lead), None


def _step_texts(report: Report, step_view: view_steps.StepView, *, verbose: bool) -> list[str]:
    is_dns = step_view.step.step == view_steps.DNS_STEP
    found = view_steps.authentication(report, reasons=not verbose) if is_dns else []
    texts = [*found, *(_all_findings(step_view) if verbose else view_steps.main_findings(step_view))]
    do = step_view.step.do
    if verbose and texts and _is_told(do, step_view):
        return texts
    if do and texts:
        return texts if do.startswith(_NOTHING) else [*texts, f"→ {do}"]
    if do or texts:
        return [do, *texts] if do else texts
    return [
        "nothing seen that speaks against it" if step_view.step.status is StepStatus.PASS else "not assessed"
    ]


def _is_told(do: str, step_view: view_steps.StepView) -> bool:
    """Whether the findings of the step, each with its remedy, have said all that is to be done."""
    for finding in (*step_view.problems, *step_view.rest):
        do = do.replace(finding.remedy, "")
    return not do.strip()


def _all_findings(step_view: view_steps.StepView) -> list[str]:
    texts = []
    for finding in (*step_view.problems, *step_view.rest):
        text = f"{finding.severity.value.replace('_', ' ')}: {finding.message} ({finding.id})"
        texts.append(f"{text} → {finding.remedy}" if finding.remedy else text)
    return texts


def write_sessions(page: Page, report: Report) -> None:
    """Each session at a glance; -v has every line instead."""
    if not report.sessions:
        return
    page.heading("Dialogue")
    for session in report.sessions:
        about = run_words.EXPERIMENTS[session.experiment]
        page.text(f"{view_session.session_title(session)}  {about}", indent=2)
        page.text(view_session.session_path(session), indent=4)


def write_after_data(page: Page, report: Report) -> None:
    """The prediction, named as one."""
    page.blank()
    risks = report.verdict.after_data_risks
    if risks and report.verdict.outcome is Outcome.ACCEPTED:
        page.text(
            "What could still happen after DATA: see “After DATA” above; predicted from what is "
            "published, not observed."
        )
        return
    page.text(f"What could still happen after DATA: {view.after_data(report)}")


def write_internal(page: Page, report: Report) -> None:
    """What the report was made without because this program failed at it, and where to report that."""
    failed = view.internal(report)
    if not failed:
        return
    page.heading("Internal errors")
    for finding in failed:
        page.text(finding.message, lead="- ", indent=2)
    for remedy in dict.fromkeys(finding.remedy for finding in failed):
        page.text(remedy, lead="→ ", indent=2)


def write_not_reached(page: Page, report: Report) -> None:
    """What the run left out, and why."""
    if not report.not_reached and report.complete:
        return
    page.heading("Not reached")
    for item in report.not_reached:
        page.text(item.reason, lead=f"{view.not_reached_part(item)}: ", indent=2)
    if not report.complete:
        page.text("the run was cut short; what is above rests on what was seen until then", indent=2)
