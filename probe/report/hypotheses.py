"""The walk of the hypotheses: for a refusal that names no cause, every kind of explanation with what
this run holds for or against it."""

from __future__ import annotations

from dataclasses import dataclass

from probe.knowledge.next_tests import Hypothesis, hypotheses
from probe.model.evidence import Band
from probe.model.finding import Severity
from probe.model.report import Report, ReportCause, ReportExchange
from probe.report import view, words

HISTORY = "recipient-history"
_ORIGIN = ("reply-permanence", "bounce-reply")
_HEAVY_DB = 4.0  # evidence lighter than this says less than a finding
_NOTHING = "nothing in this run speaks for or against it"


@dataclass(frozen=True, slots=True)
class Walked:
    """One hypothesis: its share (the sum of its causes), and the fact that speaks most of it, with the
    fact's weight in decibans or empty."""

    title: str
    share: str
    weight: str
    fact: str


def walk(report: Report) -> tuple[Walked, ...]:
    """All hypotheses in their order; empty where the reply, or the ranking, is not open to question."""
    if not _is_open(report):
        return ()
    return tuple(_walked(hypothesis, report) for hypothesis in hypotheses())


def unsaid(report: Report) -> str:
    """What the walk is for, as a heading."""
    exchange = _deciding(report)
    status = exchange.enhanced_status if exchange is not None else None
    if status is None:
        return "Hypotheses (the reply has no enhanced status)"
    return f"Hypotheses ({status} names no cause)" if _is_generic(status) else "Hypotheses"


def origins(report: Report) -> tuple[str, ...]:
    """Where an x.0.0 comes from, by the reply and by the bounce."""
    return tuple(f.message for f in report.findings if f.id in _ORIGIN and f.severity is Severity.NOTICE)


def documented(report: Report) -> tuple[str, ...]:
    """What is publicly known of the recipient's domain, with sources and dates."""
    return tuple(finding.message for finding in report.findings if finding.id == HISTORY)


def _is_open(report: Report) -> bool:
    verdict = report.verdict
    if report.target.command != "check" or verdict.outcome not in {"refused", "deferred"}:
        return False
    exchange = _deciding(report)
    if exchange is None or not report.causes or verdict.band == Band.STATED:
        return False
    return verdict.band != Band.LIKELY or _is_generic(exchange.enhanced_status)


def _deciding(report: Report) -> ReportExchange | None:
    """The exchange of the verdict's reply; None where no reply decided."""
    session = view.deciding_session(report)
    if session is None or report.verdict.reply is None:
        return None
    asked = [it for it in session.exchanges if it.stage == report.verdict.stage and it.reply_code is not None]
    if not asked:
        return None
    return asked[0] if report.verdict.stage == "rcpt" else asked[-1]  # later RCPTs are controls


def _is_generic(status: str | None) -> bool:
    """x.0.0 says nothing beyond the class (RFC 3463 section 3.1), as does no status."""
    return status is None or status.endswith(".0.0")


def _walked(hypothesis: Hypothesis, report: Report) -> Walked:
    own = [cause for cause in report.causes if cause.id in hypothesis.causes]
    share = words.percent(sum(cause.probability for cause in own))
    if hypothesis.unseen:
        return Walked(hypothesis.title, share, "", hypothesis.unseen)
    weight, fact = _strongest(own)
    found = next((f.message for f in report.findings if f.id == hypothesis.finding), "")
    if fact:
        return Walked(hypothesis.title, share, weight, fact)
    return Walked(hypothesis.title, share, "", found or _NOTHING)


def _strongest(own: list[ReportCause]) -> tuple[str, str]:
    """The heaviest evidence of the likeliest cause that has any."""
    for cause in sorted(own, key=lambda cause: (-cause.probability, cause.id)):
        heard = sorted(view.arguments(cause), key=lambda it: -abs(it.evidence.weight_db))
        if heard and abs(heard[0].evidence.weight_db) >= _HEAVY_DB:
            return heard[0].weight, heard[0].evidence.text
    return "", ""
