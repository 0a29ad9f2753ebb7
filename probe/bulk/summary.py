"""The report of a list out of what was counted. Pure: the counts come from the state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from probe.bulk.domain import DomainState
from probe.bulk.report import BulkMatter, BulkOperator, BulkOutcome, BulkTotals
from probe.bulk.verdict import verdict
from probe.knowledge.providers import by_id
from probe.model.verdict import Outcome


class StateCount(NamedTuple):
    """Rows and domains in one state, and the names of some, those with most rows first."""

    state: DomainState
    rows: int
    domains: int
    examples: tuple[str, ...]


class OperatorCount(NamedTuple):
    """Rows and domains of one operator; `provider` is empty where it has no name."""

    operator: str
    provider: str
    rows: int
    domains: int


def outcomes(counts: Sequence[StateCount], rows: int) -> tuple[BulkOutcome, ...]:
    """By outcome, in the order of the vocabulary."""
    result = []
    for outcome in Outcome:
        mine = [it for it in counts if verdict(it.state).outcome is outcome]
        if mine:
            of_rows = sum(it.rows for it in mine)
            share = of_rows / rows if rows else 0.0
            result.append(BulkOutcome(outcome, of_rows, sum(it.domains for it in mine), share))
    return tuple(result)


def matters(counts: Iterable[StateCount]) -> tuple[BulkMatter, ...]:
    """What there is to say: refused first, then what is not known, then what is worth to know."""
    result = []
    for count in counts:
        it = verdict(count.state)
        if it.reason:
            result.append(
                BulkMatter(
                    count.state.value,
                    it.outcome,
                    it.cause,
                    it.fix_by,
                    count.rows,
                    count.domains,
                    it.reason,
                    it.action,
                    count.examples,
                )
            )
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
