"""What a monitoring system is told of a run (check, domain, demo, replay)."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor

from probe.model.listing import ListingStatus
from probe.model.report import Report
from probe.model.verdict import ExitCode
from probe.report import run_measures, run_words, view
from probe.report.line import plain
from probe.report.plugin_answer import Gauge, Measure, PluginAnswer, PluginState

_STATES = {
    ExitCode.ACCEPTED: PluginState.OK,
    ExitCode.REFUSED: PluginState.CRITICAL,
    ExitCode.USAGE: PluginState.UNKNOWN,
    ExitCode.DEFERRED: PluginState.WARNING,
    ExitCode.INCONCLUSIVE: PluginState.UNKNOWN,
    ExitCode.AT_RISK: PluginState.WARNING,
}


def build(report: Report) -> PluginAnswer:
    """The verdict in a sentence, who acts, and what can be counted."""
    state = _STATES[report.verdict.exit_code]
    return PluginAnswer(state, _summary(report), tuple(_measures(report)), tuple(_details(report)))


def _summary(report: Report) -> str:
    head = run_words.headline(report).lower().replace("rcpt", "RCPT").replace("dns", "DNS")
    reply = f": {report.verdict.reply}" if report.verdict.reply else ""
    session = view.deciding_session(report)
    place = plain(view.where(report))
    # the room is for the reply; the address stands in the lines below
    short = place.removesuffix(f" [{session.ip}]") if session is not None else place
    return f"{head} {short}{reply}"


def _details(report: Report) -> Iterator[str]:
    yield view.about_line(report)
    yield report.verdict.summary
    yield from view.advice(report)


def _measures(report: Report) -> Iterator[Measure]:
    yield Measure("time", report.elapsed_ms / 1000, "s", Gauge.TIME)
    for stage, seconds in run_measures.stage_seconds(report).items():
        yield Measure(f"time_{stage}", seconds, "s")
    days = run_measures.certificate_days(report)
    if days is not None:
        yield Measure("certificate_days", floor(days * 10) / 10, "", Gauge.CERTIFICATE)
    listings = run_measures.listings(report)
    unusable = sum(it.status not in run_measures.ANSWERS for it in listings)
    if unusable < len(listings):  # not known is not 0
        yield Measure("listed", sum(it.status is ListingStatus.LISTED for it in listings))
    if listings:
        yield Measure("unusable", unusable)
