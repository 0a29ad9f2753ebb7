"""The conditions of --fail-over."""

from __future__ import annotations

import pytest

from probe.bulk.gate import judge, read_limits


@pytest.mark.parametrize(
    ("text", "rows", "refused", "passed"),
    [
        ("refused=2%", 100, 2, True),
        ("refused=2%", 100, 3, False),
        ("refused=7%", 200, 14, True),
        ("refused=2.5%", 40, 1, True),
        ("refused=0%", 10, 0, True),
        ("refused=0", 10, 1, False),
        ("refused=5", 10, 5, True),
        ("refused=5", 10, 6, False),
        ("refused=100%", 10, 10, True),
        ("refused=0%", 0, 0, True),
    ],
)
def test_a_limit_is_the_most_that_passes(text: str, rows: int, refused: int, passed: bool) -> None:
    (gate,) = judge(read_limits(text), {"refused": refused}, rows)
    assert gate.passed is passed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "refused",
        "refused=",
        "refused=x",
        "bad=1%",
        "refused=1%,refused=2%",
        "refused=101%",
        "refused=1.5",
    ],
)
def test_what_is_no_condition_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_limits(text)


def test_several_conditions_are_judged_each() -> None:
    gates = judge(read_limits("refused=1, unknown=50%"), {"refused": 2, "unknown": 1}, 4)
    assert [(it.name, it.passed) for it in gates] == [("refused", False), ("unknown", True)]
