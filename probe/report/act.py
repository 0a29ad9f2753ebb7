"""The rows "who acts" and "what to do", the same for every kind of report."""

from __future__ import annotations

from collections.abc import Iterator

from probe._regex import regex
from probe.model.verdict import FixBy
from probe.report import words
from probe.report.document import Act, Fact, Row
from probe.report.line import Raw

WHO_ACTS, ACT, AFTER_DATA, SETTLE = "Who acts", "Act", "After DATA", "Settle it"
_SENTENCE = regex(r"(?<=[^.\s]{2}[.])\s+(?=[A-Z(“'\"])")


def rows(fix_by: FixBy, action: str, who: str = "") -> Iterator[Row]:
    """Who acts (`who`, if that is told otherwise), and what to do; the first sentence of `action` is the act,
    the rest explains it."""
    yield Fact(WHO_ACTS, ((who or words.FIX_BY[fix_by],),))
    if action:
        first, *more = _SENTENCE.split(action, maxsplit=1)
        text = f"{first[:1].upper()}{first[1:]}"
        yield Act(ACT, (Raw(text),), (Raw(more[0]),) if more else ())
