"""The ranking of causes: its rows, written as per cents, add up to 100."""

from __future__ import annotations

import pytest

from probe.model.evidence import Band
from probe.report import words
from probe.report.cause_rows import ranking


@pytest.mark.parametrize(
    "shares",
    [
        (0.5764, 0.1786, 0.0582),  # 58 + 18 + 6; the rest is 18.68
        (0.974, 0.02),
        (0.44, 0.335, 0.115, 0.11),
        (0.994,),
    ],
)
def test_the_per_cents_add_up_to_a_hundred(shares: tuple[float, ...]) -> None:
    rows = ranking("Cause", [("a cause", share) for share in shares], Band.POSSIBLE).shares
    assert sum(int(words.percent(row.probability).removesuffix(" %")) for row in rows) == 100


def test_what_remains_is_shown_though_the_others_round_up_to_a_hundred() -> None:
    rows = ranking("Cause", [("a", 0.3351), ("b", 0.3351), ("c", 0.3248)], Band.POSSIBLE).shares
    assert words.percent(rows[-1].probability) == "<1 %"
    assert rows[-1].title == "something else"
