"""The first screen: who to whom, the verdict, the cause, who acts, when to retry, what would settle it."""

from __future__ import annotations

from probe.model.report import Report
from probe.model.verdict import ExitCode, Outcome
from probe.report import run_words, view, words
from probe.report.page import Page, columns
from probe.report.style import VERBOSE, Paint

_PAINTS = {"accepted": Paint.GOOD, "refused": Paint.BAD, "deferred": Paint.WARN, "inconclusive": Paint.WARN}
_LABEL = 12  # columns of the label behind two spaces
_FACTS_INDENT = 2
_TITLE_COLUMNS = 60  # a cause's title is padded to this, so that the shares stand under each other


def write_brief(page: Page, report: Report) -> None:
    """For -q: the verdict in one line, the cause in another."""
    _write_lab(page, report)
    reply = f": {report.verdict.reply}" if report.verdict.reply else ""
    _write_headline(page, report, f"{view.where(report)}{reply}")
    cause = view.main_cause(report)
    if cause is not None and report.verdict.outcome is not Outcome.ACCEPTED:
        band = report.verdict.band
        page.text(f"{cause.title} ({words.percent(cause.probability)}, {band})", lead="Cause: ")
    for risk in report.verdict.after_data_risks:
        page.text(f"{view.cause_title(risk.cause)}: {risk.reason}", lead="Risk: ")
    for finding in view.internal(report):
        page.text(finding.message, lead="Internal error: ")


def write(page: Page, report: Report) -> None:
    """The first screen."""
    _write_lab(page, report)
    page.pair(view.route_line(report), view.effort_line(report))
    page.blank()
    _write_headline(page, report, view.where(report))
    if report.verdict.reply:
        page.text(report.verdict.reply, indent=4)
    if view.summary(report):
        page.text(view.summary(report), indent=4)
    page.blank()
    if view.vantage(report):
        _fact(page, "Vantage", view.vantage(report))
    _write_causes(page, report)
    _write_risks(page, report)
    _write_who_acts(page, report)
    if report.verdict.outcome is not Outcome.ACCEPTED:
        _fact(page, "Retry", view.retry(report))
    if report.next_test is not None:
        _fact(page, "Settle it", report.next_test.text)
        if report.next_test.command:
            page.command(report.next_test.command, indent=_FACTS_INDENT + _LABEL)


def _write_lab(page: Page, report: Report) -> None:
    lab = view.lab_line(report)
    if lab:
        page.text(lab)
        page.blank()


def _write_headline(page: Page, report: Report, rest: str) -> None:
    lead = run_words.headline(report.verdict, report.target.command) + "  "
    paint = _PAINTS[report.verdict.outcome]
    if report.verdict.outcome is Outcome.ACCEPTED and report.verdict.exit_code is not ExitCode.ACCEPTED:
        paint = Paint.WARN
    page.text(rest, lead=lead, paint=paint)


def _fact(page: Page, label: str, text: str) -> None:
    page.text(text, lead=f"{label:{_LABEL}}", indent=_FACTS_INDENT)


def _write_causes(page: Page, report: Report) -> None:
    if report.verdict.outcome is Outcome.ACCEPTED:
        return  # nothing was refused: what could come after DATA stands below, as a prediction
    rows = view.cause_rows(report)
    room = page.style.width - _FACTS_INDENT - _LABEL - len("  100 %  undecided")
    title_columns = min(_TITLE_COLUMNS, max((columns(row.title) for row in rows), default=0))
    for index, row in enumerate(rows):
        share = f"{row.share:>5}  {row.band}".rstrip()
        title = page.style.encodable(row.title)
        if title_columns <= room and columns(title) <= title_columns:
            title += " " * (title_columns - columns(title))
        _fact(page, "Cause" if index == 0 else "", f"{title}  {share}")


def _write_risks(page: Page, report: Report) -> None:
    if report.verdict.outcome is not Outcome.ACCEPTED:
        return
    for index, risk in enumerate(report.verdict.after_data_risks):
        origin = view.origin(risk.rule, risk.ref) if page.style.verbosity >= VERBOSE else ""
        text = f"{view.cause_title(risk.cause)}: {risk.reason}{origin}"
        _fact(page, "" if index else "After DATA", text)


def _write_who_acts(page: Page, report: Report) -> None:
    who = words.FIX_BY[report.verdict.fix_by]
    action = view.action(report)
    _fact(page, "Who acts", f"{who}: {action}" if action else who)
