"""The reason of an outcome, as a clause for a reader."""

from __future__ import annotations

from probe.diagnosis.run_result import RunResult
from probe.wording.spoken import clauses, spoken


def why_tags(result: RunResult) -> tuple[str, ...]:
    """The tag of the reason, then those of the reasons behind it; empty if the reply is the reason."""
    if result.reason is None:
        return ()
    return (result.reason.tag.value, *(it.tag.value for it in result.behind))


def why(result: RunResult) -> str:
    """The clause without a full stop; empty if the reply is the reason."""
    reason = result.reason
    if reason is None:
        return ""
    behind = ", ".join(clauses(result.behind))
    return spoken(reason, behind=behind or (reason.end.words if reason.end is not None else ""))
