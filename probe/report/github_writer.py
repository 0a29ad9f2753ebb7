"""Writes cases as annotations of a GitHub workflow: `::error title=…::…`.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from probe.model.text import printable, shorten
from probe.report.case import Case, Cases, CaseStatus

SHOWN = 10  # annotations of each level that GitHub keeps of one step; the rest is dropped
_LENGTH = 4000  # characters of a message
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = {**_DATA, **str.maketrans({":": "%3A", ",": "%2C"})}


def write(cases: Cases) -> str:
    """Errors for what failed, warnings for what should be mended; a notice if the verdict is good."""
    errors = [it for it in cases.cases if it.status in (CaseStatus.FAILED, CaseStatus.BROKEN)]
    warnings = [it for it in cases.cases if it.status is CaseStatus.PASSED and it.is_warning]
    lines = [*_annotations("error", errors), *_annotations("warning", warnings)]
    verdict = cases.cases[0] if cases.cases else None
    if verdict is not None and verdict.status is CaseStatus.PASSED:
        lines.insert(0, _annotation("notice", verdict))
    return "".join(f"{line}\n" for line in lines)


def _annotations(level: str, cases: Iterable[Case]) -> Iterator[str]:
    rows = list(cases)
    has_room = len(rows) <= SHOWN
    for case in rows if has_room else rows[: SHOWN - 1]:
        yield _annotation(level, case)
    if not has_room:
        names = ", ".join(it.name for it in rows[SHOWN - 1 :])
        text = f"{len(rows) - SHOWN + 1} more: {names}; the summary of the step has them all"
        yield f"::{level} title=smtp-probe::{_data(text)}"


def _annotation(level: str, case: Case) -> str:
    title = printable(f"smtp-probe: {case.group}, {case.name}").translate(_PROPERTY)
    return f"::{level} title={title}::{_data(case.message, *case.details)}"


def _data(*lines: str) -> str:
    text = "\n".join(printable(line) for line in lines if line)
    return shorten(text, _LENGTH).translate(_DATA)
