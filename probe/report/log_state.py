"""What a monitoring system is told of a mail log: critical is what is new or much more than last time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe.maillog.report import LogGroup, LogReport, Since
from probe.model.text import amount
from probe.model.verdict import ExitCode, FixBy
from probe.report import words
from probe.report.log_terms import by_weight
from probe.report.plugin_answer import Measure, PluginAnswer, PluginState

_MATTERS = 5  # that are named


def build(report: LogReport) -> PluginAnswer:
    """The state, the heaviest matter, and the counts. Critical: a matter that somebody must act on is new or
    has tripled since the last report (`--state`), or there is any and `--alert-on any` was given. Warning:
    there is one. Unknown: nothing was read, or the one message that was asked for is not there."""
    matters = by_weight([it for it in report.groups if it.failures and it.fix_by is not FixBy.NOBODY])
    state = _state(report, matters)
    return PluginAnswer(state, _summary(report, matters), tuple(_measures(report)), tuple(_details(matters)))


def is_worse(group: LogGroup) -> bool:
    """Whether it is new, or much more than in the last report."""
    return group.since_last in (Since.NEW, Since.TRIPLED)


def _state(report: LogReport, matters: Sequence[LogGroup]) -> PluginState:
    if report.exit_code is ExitCode.INCONCLUSIVE:
        return PluginState.UNKNOWN
    if report.exit_code is ExitCode.REFUSED or any(map(is_worse, matters)):
        return PluginState.CRITICAL
    return PluginState.WARNING if matters or report.totals.in_no_mailbox else PluginState.OK


def _summary(report: LogReport, matters: Sequence[LogGroup]) -> str:
    if report.exit_code is ExitCode.INCONCLUSIVE:
        if any(it.read for it in report.files):
            return "the message that was asked for is not in the log"
        return "nothing was read: no line of it is about a delivery"
    worse = [it for it in matters if is_worse(it)]
    if worse:
        return f"{_matters(len(worse))} new or worse: {_matter(worse[0])}"
    if matters:
        return f"{_matters(len(matters))} to act on: {_matter(matters[0])}"
    taken = report.totals.in_no_mailbox
    if taken:
        verb = "was" if taken == 1 else "were"
        return f"{taken} of {report.totals.messages} {verb} taken and by the words of the server reach nobody"
    waiting = amount(report.totals.deferred, "waits", "wait")
    return f"nothing to act on; {report.totals.sent} delivered, {waiting}"


def _matters(count: int) -> str:
    return f"{count} matter{'' if count == 1 else 's'}"


def _matter(group: LogGroup) -> str:
    return f"{group.operator_title}: {group.title} ({group.failures})"


def _details(matters: Sequence[LogGroup]) -> Iterator[str]:
    for group in matters[:_MATTERS]:
        change = f"{group.since_last.value}: " if group.since_last is not None and is_worse(group) else ""
        yield f"{change}{_matter(group)}; {words.FIX_BY[group.fix_by]}: {group.action}"
    if len(matters) > _MATTERS:
        yield f"and {_matters(len(matters) - _MATTERS)} more"


def _measures(report: LogReport) -> Iterator[Measure]:
    totals = report.totals
    yield Measure("sent", totals.sent)
    yield Measure("deferred", totals.deferred)
    yield Measure("bounced", totals.bounced)
    yield Measure("expired", totals.expired)
    yield Measure("held", totals.held)
    yield Measure("discarded", totals.discarded)
    yield Measure("quarantined", totals.quarantined)
    if report.news is not None and report.news.previous_at is not None:
        yield Measure("new", report.news.new)
        yield Measure("tripled", report.news.tripled)
