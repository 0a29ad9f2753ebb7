"""The ranking of causes as rows, and the effect of a weight on a cause, for every kind of report."""

from __future__ import annotations

from collections.abc import Sequence

from probe.model.evidence import Band
from probe.report.document import Ranking, Share, Side

SHOWN = 3
NEGLIGIBLE = 0.03
NEUTRAL_DB = 0.5  # evidence up to this weight is written as 0 and has no effect
_WORTH_A_ROW = 0.005  # smaller remainders get no row


def ranking(label: str, shares: Sequence[tuple[str, float]], band: Band) -> Ranking:
    """The first causes, given as title and probability, and the rest as "something else". None if there are
    no causes."""
    first = [it for it in shares[:SHOWN] if it[1] >= NEGLIGIBLE] or list(shares[:1])
    rows = [Share(title, share, "" if rank else band.value) for rank, (title, share) in enumerate(first)]
    rest = 1 - sum(share for _, share in first)
    if first and rest >= _WORTH_A_ROW:
        # what is left of the whole per cents above it, so that a reader who adds them up finds 100
        rows.append(Share("something else", max(1 - sum(round(share, 2) for _, share in first), 0.0) or rest))
    return Ranking(label, tuple(rows))


def side_of(weight_db: float) -> Side:
    """The effect of a weight in decibans on a cause."""
    if abs(weight_db) <= NEUTRAL_DB:
        return Side.NEUTRAL
    return Side.FOR if weight_db > 0 else Side.AGAINST
