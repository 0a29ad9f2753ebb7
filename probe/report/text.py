"""The report for a person at a terminal. Order: verdict, who acts, why, the nine steps, detail."""

from __future__ import annotations

from probe.model.report import Report
from probe.model.target import Command
from probe.report import text_body, text_detail, text_domain, text_verdict
from probe.report.clean import printable_report
from probe.report.page import Page
from probe.report.style import QUIET, VERBOSE, Style

__all__ = ["Style", "to_text"]


def to_text(report: Report, style: Style | None = None) -> str:
    """Set the report in lines of `style.width` columns, with a final line break.

    Everything a stranger sent comes out escaped; ANSI sequences only where `style.colour` asks.
    """
    style = style or Style()
    report = printable_report(report)
    page = Page(style)
    if style.verbosity <= QUIET:
        text_verdict.write_brief(page, report)
        return str(page)
    text_verdict.write(page, report)
    if report.target.command is Command.DOMAIN:
        text_domain.write(page, report)
    else:
        text_body.write_why(page, report)
        text_body.write_hypotheses(page, report)
        text_body.write_steps(page, report)
        if style.verbosity < VERBOSE:
            text_body.write_sessions(page, report)
        text_body.write_after_data(page, report)
    text_body.write_not_reached(page, report)
    text_body.write_internal(page, report)
    if style.verbosity >= VERBOSE:
        text_detail.write(page, report)
    _write_end(page, report)
    return str(page)


def _write_end(page: Page, report: Report) -> None:
    page.blank()
    page.pair(page.style.note, f"exit {report.verdict.exit_code}")
