"""The document for a run (check, domain, demo, replay): content and order."""

from __future__ import annotations

from collections.abc import Iterator

from probe.model.report import Report
from probe.model.target import Command
from probe.model.verdict import ExitCode, Outcome
from probe.report import (
    act,
    run_causes,
    run_course,
    run_detail,
    run_domain,
    run_steps,
    run_time,
    run_words,
    view,
    words,
)
from probe.report import document as doc
from probe.report.cause_rows import ranking
from probe.report.detail import Detail
from probe.report.line import Code, Line, Raw

_TONES = {
    Outcome.ACCEPTED: doc.Tone.GOOD,
    Outcome.REFUSED: doc.Tone.BAD,
    Outcome.DEFERRED: doc.Tone.WARN,
    Outcome.INCONCLUSIVE: doc.Tone.WARN,
}


def build(report: Report, detail: Detail) -> doc.Document:
    """The document, with the content for this detail."""
    if detail is Detail.BRIEF:
        return doc.Document(tuple(_brief(report)), caution=_caution(report))
    return doc.Document(
        tuple(_blocks(report, detail)),
        title=doc.Title((Code(view.route_line(report)),), (view.effort_line(report),)),
        caution=_caution(report),
        colophon=doc.Colophon(report.tool.version, report.started_at, report.verdict.exit_code),
    )


def _brief(report: Report) -> Iterator[doc.Block]:
    reply: Line = (": ", Raw(report.verdict.reply)) if report.verdict.reply else ()
    yield _verdict(report, (*view.where(report), *reply))
    cause = view.cause_of_failure(report)
    if cause is not None:
        share = f"({words.percent(cause.probability)}, {report.verdict.band.value})"
        yield doc.Notes((doc.Note(("Cause",), (Raw(cause.title), f" {share}")),))
    risks = report.verdict.after_data_risks
    yield doc.Notes(
        (
            *(
                doc.Note(("Risk",), (Raw(view.cause_title(risk.cause)), ": ", Raw(risk.reason)))
                for risk in risks
            ),
            *(doc.Note(("Internal error",), (Raw(it.message),)) for it in view.internal(report)),
        )
    )


def _blocks(report: Report, detail: Detail) -> Iterator[doc.Block]:
    """Verdict, who acts, why, the nine steps, what was not reached, then the details."""
    yield run_course.course(report)
    yield _first(report)
    yield doc.Facts(tuple(_facts(report, detail)))
    yield from run_causes.why(report, detail)
    yield from run_causes.hypotheses(report, detail)
    if report.target.command is Command.DOMAIN:
        yield from run_domain.sections(report, detail)
    else:
        yield from run_steps.findings(report, detail)
        yield from run_steps.steps(report, detail)
        if detail is Detail.SCREEN:
            yield from run_detail.glance(report)
        else:
            yield doc.Section(
                ("What could still happen after DATA",), (doc.Paragraph((view.after_data(report),)),)
            )
    yield from _not_reached(report)
    yield from _internal(report)
    if detail is Detail.PAGE:
        yield from run_time.section(report)
        yield from run_detail.for_page(report)
    if detail is Detail.FULL:
        yield from run_detail.all_sections(report)
    if detail is Detail.TICKET:
        yield from run_detail.for_others(report)


def _caution(report: Report) -> Line:
    """The warning above a demo's report."""
    if report.target.scenario is None:
        return ()
    return (
        "LAB: scenario “",
        Raw(report.target.scenario),
        "”; no answer below is that of a real server.",
    )


def _first(report: Report) -> doc.Verdict:
    summary = view.summary(report)
    remarks: tuple[Line, ...] = ((Raw(summary),),) if summary else ()
    return _verdict(report, view.where(report), report.verdict.reply or "", remarks)


def _verdict(report: Report, place: Line, reply: str = "", remarks: tuple[Line, ...] = ()) -> doc.Verdict:
    verdict = report.verdict
    is_clear = verdict.outcome is not Outcome.ACCEPTED or verdict.exit_code is ExitCode.ACCEPTED
    tone = _TONES[verdict.outcome] if is_clear else doc.Tone.WARN
    return doc.Verdict(run_words.headline(report), tone, place, reply, remarks)


def _facts(report: Report, detail: Detail) -> Iterator[doc.Row]:
    verdict = report.verdict
    if bounce := view.bounce_of_another_place(report):
        yield doc.Fact("Bounce", ((Raw(bounce),),))
    if sent := view.sent_as(report):
        yield doc.Fact("Sent", ((Raw(sent),),))
    if vantage := view.vantage(report):
        yield doc.Fact("Vantage", ((Raw(vantage),),))
    if verdict.outcome is Outcome.ACCEPTED:
        # nothing was refused: the causes are predictions for the time after DATA
        if verdict.after_data_risks:
            yield doc.Fact(act.AFTER_DATA, tuple(_risks(report, detail)))
    elif report.causes:
        shares = [(cause.title, cause.probability) for cause in report.causes]
        yield ranking("Cause", shares, verdict.band)
    yield from act.rows(verdict.fix_by, view.action(report))
    if verdict.outcome is not Outcome.ACCEPTED or verdict.exit_code is not ExitCode.ACCEPTED:
        yield doc.Fact("Retry", ((Raw(view.retry(report)),),))
    if report.next_test is not None:
        yield doc.Fact(act.SETTLE, ((Raw(report.next_test.text),),), report.next_test.command or "")


def _risks(report: Report, detail: Detail) -> Iterator[Line]:
    for risk in report.verdict.after_data_risks:
        origin = run_causes.origin(risk.rule, risk.ref, detail)
        yield (Raw(view.cause_title(risk.cause)), ": ", Raw(risk.reason), *origin)


def _not_reached(report: Report) -> Iterator[doc.Section]:
    """What the run left out, and why."""
    parts: list[doc.Part] = []
    if report.not_reached:
        notes = (
            doc.Note((Raw(view.not_reached_part(item)),), (Raw(item.reason),)) for item in report.not_reached
        )
        parts.append(doc.Notes(tuple(notes)))
    if not report.complete:
        parts.append(
            doc.Paragraph(("the run was cut short; what is above rests on what was seen until then",))
        )
    if parts:
        yield doc.Section(("Not reached",), tuple(parts), stays=not report.complete)


def _internal(report: Report) -> Iterator[doc.Section]:
    """The parts missing because of faults of this program, and where to report them."""
    internal_findings = view.internal(report)
    if internal_findings:
        remedies = dict.fromkeys(finding.remedy for finding in internal_findings)
        yield doc.Section(
            ("Internal errors",),
            (
                doc.Items(tuple((Raw(finding.message),) for finding in internal_findings)),
                *(doc.Advice((Raw(remedy),)) for remedy in remedies),
            ),
            stays=True,
        )
