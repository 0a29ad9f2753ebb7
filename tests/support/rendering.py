"""What the program would print: a result in a format, by the table of formats."""

from __future__ import annotations

from probe.bounces import BouncedRecipient
from probe.explanation import Explanation
from probe.model.report import Report
from probe.report.formats import Kind, formats_of
from probe.report.style import Style

Result = Report | Explanation | BouncedRecipient


def to_text(result: Result, style: Style | None = None) -> str:
    """The report for a terminal."""
    return _written("text", result, style or Style())


def to_markdown(result: Result) -> str:
    """The report for a ticket."""
    return _written("markdown", result, Style())


def _written(name: str, result: Result, style: Style) -> str:
    kind = kind_of(result)
    return formats_of(kind)[name].write(kind, result, style)


def kind_of(result: Result) -> Kind:
    """What kind of result it is."""
    if isinstance(result, Report):
        return Kind.RUN
    return Kind.REPLY if isinstance(result, Explanation) else Kind.BOUNCE
