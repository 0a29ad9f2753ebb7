"""The hypotheses for a refusal that names no cause: every kind of explanation with the evidence of this run
for or against it."""

from __future__ import annotations

from collections.abc import Iterable

from probe.knowledge.next_tests import Hypothesis, hypotheses
from probe.model.evidence import Band
from probe.model.finding import Finding
from probe.model.reply import EnhancedStatus
from probe.model.report import ReportCause, ReportEvidence, ReportHypothesis, Verdict
from probe.model.verdict import Outcome

_HEAVY_DB = 4.0  # a finding is shown instead of evidence with less weight than this
_NOTHING = "nothing in this run speaks for or against it"


def is_open(verdict: Verdict, status: EnhancedStatus | None) -> bool:
    """Whether the reply of a refusal or deferral, with its enhanced status, names no cause. A status of x.0.0
    says nothing beyond the class (RFC 3463 section 3.1); neither does a missing one."""
    if verdict.outcome not in (Outcome.REFUSED, Outcome.DEFERRED) or verdict.reply is None:
        return False
    if verdict.band == Band.STATED:
        return False
    return verdict.band != Band.LIKELY or status is None or status.is_generic


def walk(causes: tuple[ReportCause, ...], findings: tuple[Finding, ...]) -> tuple[ReportHypothesis, ...]:
    """All hypotheses in their order, over the ranked causes; empty if nothing is ranked."""
    return tuple(_walk_one(it, causes, findings) for it in hypotheses()) if causes else ()


def _walk_one(
    hypothesis: Hypothesis, causes: tuple[ReportCause, ...], findings: tuple[Finding, ...]
) -> ReportHypothesis:
    own = [cause for cause in causes if cause.id in hypothesis.causes]
    share = round(min(sum(cause.probability for cause in own), 1.0), 9)

    def row(fact: str, weight_db: float | None, ref: str) -> ReportHypothesis:
        return ReportHypothesis(
            hypothesis.id, hypothesis.title, hypothesis.causes, share, fact, weight_db, ref
        )

    if hypothesis.unseen:
        return row(hypothesis.unseen, None, "")
    strongest = _strongest(own)
    if strongest is not None:
        return row(strongest.text, strongest.weight_db, strongest.ref)
    message = next((f.message for f in findings if f.id == hypothesis.finding), "")
    return row(message, None, f"finding:{hypothesis.finding}") if message else row(_NOTHING, None, "")


def _strongest(own: Iterable[ReportCause]) -> ReportEvidence | None:
    """The strongest evidence of the most likely cause that has any."""
    for cause in sorted(own, key=lambda cause: (-cause.probability, cause.id)):
        strongest = max(
            (*cause.evidence_for, *cause.evidence_against), key=lambda it: abs(it.weight_db), default=None
        )
        if strongest is not None and abs(strongest.weight_db) >= _HEAVY_DB:
            return strongest
    return None
