"""The formats of reports: one row each. A new format, or kind of result, is added here and nowhere else.

Writers are named, not imported: `explain` must not load what only a live check needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any

from probe.report.style import Style


class Kind(StrEnum):
    """What is reported."""

    RUN = "run"  # check, domain, demo, replay
    REPLY = "reply"  # explain
    BOUNCE = "bounce"


@dataclass(frozen=True, slots=True)
class Series:
    """How several results are written one after the other; `none` stands for no result at all. `rows` names
    the writer of one of several, by kind, where that differs from the writer of a single one."""

    before: str = ""
    between: str = ""
    after: str = ""
    none: str = ""
    rows: Mapping[Kind, str] | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """One format. `writers` names, by kind of result, the `module:function` that makes its text.
    `is_laid_out`: the function takes the style of the place, too. Any other format is read by machines or
    pasted elsewhere, and is UTF-8 whatever the locale says."""

    name: str
    media_type: str
    writers: Mapping[Kind, str]
    series: Series
    is_laid_out: bool = False

    def write(self, kind: Kind, result: Any, style: Style, *, is_row: bool = False) -> str:
        """The text of one result; `is_row`: of one among several. Raises KeyError for a kind without it."""
        rows = self.series.rows if is_row else None
        made = _function((rows or self.writers)[kind])
        text: str = made(result, style) if self.is_laid_out else made(result)
        return text


_ROWS = {
    Kind.REPLY: "probe.report.explanation:to_json_row",
    Kind.BOUNCE: "probe.report.bounce:to_json_row",
}

FORMATS = (
    Format(
        "text",
        "text/plain",
        {
            Kind.RUN: "probe.report.text:to_text",
            Kind.REPLY: "probe.report.explanation:to_text",
            Kind.BOUNCE: "probe.report.bounce:to_text",
        },
        Series(between="\n"),
        is_laid_out=True,
    ),
    Format(
        "json",
        "application/json",
        {
            Kind.RUN: "probe.report.json_report:to_json",
            Kind.REPLY: "probe.report.explanation:to_json_object",
            Kind.BOUNCE: "probe.report.bounce:to_json_row",
        },
        Series("[\n", ",\n", "\n]\n", none="[]\n", rows=_ROWS),
    ),
    Format(
        "jsonl",
        "application/jsonl",
        {
            Kind.REPLY: "probe.report.explanation:to_json_line",
            Kind.BOUNCE: "probe.report.bounce:to_json_line",
        },
        Series(),
    ),
    Format(
        "markdown",
        "text/markdown",
        {
            Kind.RUN: "probe.report.markdown:to_markdown",
            Kind.REPLY: "probe.report.explanation:to_markdown",
            Kind.BOUNCE: "probe.report.bounce:to_markdown",
        },
        Series(between="\n"),
    ),
)


def formats_of(kind: Kind) -> Mapping[str, Format]:
    """The formats that a kind of result has, by name."""
    return {form.name: form for form in FORMATS if kind in form.writers}


def _function(named: str) -> Callable[..., str]:
    module, _, name = named.partition(":")
    function: Callable[..., str] = getattr(import_module(module), name)
    return function
