"""The ranking of causes as a few lines, the same for a live check, an explained reply and a bounce."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from probe.model.evidence import Band
from probe.report import words

SHOWN = 3
NEGLIGIBLE = 0.03
_WORTH_A_LINE = 0.005  # of what is left


@dataclass(frozen=True, slots=True)
class CauseRow:
    """A line of the ranking; `band` stands at the first only."""

    title: str
    share: str
    band: str


def cause_rows(shares: Sequence[tuple[str, float]], band: Band) -> tuple[CauseRow, ...]:
    """The first causes, given as title and probability, and the rest as "something else". None for none."""
    shown = [it for it in shares[:SHOWN] if it[1] >= NEGLIGIBLE] or list(shares[:1])
    rows = [
        CauseRow(title, words.percent(share), "" if rank else band)
        for rank, (title, share) in enumerate(shown)
    ]
    rest = 1 - sum(share for _, share in shown)
    if shown and rest >= _WORTH_A_LINE:
        rows.append(CauseRow("something else", words.percent(rest), ""))
    return tuple(rows)
