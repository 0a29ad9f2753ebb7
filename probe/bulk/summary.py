"""The report of a list out of what was counted. Pure: the counts come from the state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from probe._named_tuple import NamedTuple
from probe.bulk.decision import MEANING, Decision
from probe.bulk.report import BulkDecision, BulkMatter, BulkOperator, BulkOutcome, BulkTotals
from probe.bulk.verdict import Verdict
from probe.knowledge.providers import by_id
from probe.model.verdict import Outcome


class MatterCount(NamedTuple):
    """Rows and domains of which the same is said: `name` is the state of the domains, or the cause that mail
    servers gave; with the names of some domains, those with most rows first."""

    name: str
    verdict: Verdict
    rows: int
    domains: int
    examples: tuple[str, ...]


class OutcomeCount(NamedTuple):
    """Rows and domains with one outcome; a domain may have several."""

    outcome: Outcome
    rows: int
    domains: int


class OperatorCount(NamedTuple):
    """Rows and domains of one operator; `provider` is empty where it has no name."""

    operator: str
    provider: str
    rows: int
    domains: int


def outcomes(counts: Iterable[OutcomeCount], rows: int) -> tuple[BulkOutcome, ...]:
    """By outcome, in the order of the vocabulary; `rows` are all of the list."""
    by_outcome = {it.outcome: it for it in counts}
    return tuple(
        BulkOutcome(outcome, it.rows, it.domains, it.rows / rows if rows else 0.0)
        for outcome in Outcome
        if (it := by_outcome.get(outcome)) is not None
    )


def decisions(counts: Mapping[Decision, int]) -> tuple[BulkDecision, ...]:
    """What to do with how many rows."""
    return tuple(BulkDecision(it, counts[it], MEANING[it]) for it in Decision if counts.get(it))


def matters(counts: Iterable[MatterCount]) -> tuple[BulkMatter, ...]:
    """What there is to say: refused first, then what is not known, then what is worth to know."""
    result = []
    for count in counts:
        it = count.verdict
        if it.reason:
            values = (count.rows, count.domains, it.reason, it.action, count.examples)
            result.append(BulkMatter(count.name, it.outcome, it.cause, it.fix_by, *values))
    return tuple(sorted(result, key=lambda it: (_ORDER.index(it.outcome), -it.rows, it.state)))


_ORDER = (Outcome.REFUSED, Outcome.DEFERRED, Outcome.INCONCLUSIVE, Outcome.ACCEPTED)


def operators(counts: Sequence[OperatorCount], rows: int) -> tuple[BulkOperator, ...]:
    """By operator; `rows` are those of all operators."""
    return tuple(
        BulkOperator(
            it.operator,
            by_id(it.provider).title if it.provider else it.operator,
            it.rows,
            it.domains,
            it.rows / rows if rows else 0.0,
        )
        for it in counts
    )


def gate_counts(totals: BulkTotals, outcomes_of_rows: Sequence[BulkOutcome]) -> Mapping[str, int]:
    """What the conditions of --fail-over speak of."""
    by_outcome = {it.outcome: it.rows for it in outcomes_of_rows}
    return {
        "refused": by_outcome.get(Outcome.REFUSED, 0),
        "deferred": by_outcome.get(Outcome.DEFERRED, 0),
        "unknown": by_outcome.get(Outcome.INCONCLUSIVE, 0),
        "malformed": totals.malformed,
        "duplicate": totals.duplicates,
        "typo": totals.typos,
    }
