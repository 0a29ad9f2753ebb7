"""Explanations of many lines, each by itself."""

from __future__ import annotations

from collections.abc import Iterable

from probe.explanation import Explanation, explain_line


def explain_lines(lines: Iterable[str]) -> list[Explanation]:
    """Those of the lines that are not empty, in order; the first is line 1."""
    results = (explain_line(line, number) for number, line in enumerate(lines, 1))
    return [result for result in results if result is not None]
