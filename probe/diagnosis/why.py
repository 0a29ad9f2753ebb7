"""Why the outcome is what it is, as a clause for a reader."""

from __future__ import annotations

from probe.checks.judging.spoken import clauses, spoken
from probe.diagnosis.observed import Observed


def why_tags(observed: Observed) -> tuple[str, ...]:
    """The tag of the reason, then those of what stands behind it; empty where the reply says all."""
    if observed.reason is None:
        return ()
    return (observed.reason.tag.value, *(it.tag.value for it in observed.behind))


def why(observed: Observed) -> str:
    """The clause without a full stop; empty where the reply says all."""
    reason = observed.reason
    if reason is None:
        return ""
    behind = ", ".join(clauses(observed.behind))
    return spoken(reason, behind=behind or (reason.end.words if reason.end is not None else ""))
