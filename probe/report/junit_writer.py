"""Writes cases as JUnit's XML, in the form that CI systems read (Jenkins' junit-10.xsd, GitLab, Azure).

What XML 1.0 forbids (section 2.2: controls, surrogates, U+FFFE, U+FFFF) comes out as a visible escape.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from probe.model.text import printable
from probe.report.case import Case, Cases, CaseStatus

_TAGS = {CaseStatus.FAILED: "failure", CaseStatus.BROKEN: "error", CaseStatus.SKIPPED: "skipped"}
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})


def write(cases: Cases) -> str:
    """One file with one suite."""
    return "\n".join(_lines(cases)) + "\n"


def _lines(cases: Cases) -> Iterator[str]:
    counts = Counter(case.status for case in cases.cases)
    numbers = {
        "tests": str(len(cases.cases)),
        "failures": str(counts[CaseStatus.FAILED]),
        "errors": str(counts[CaseStatus.BROKEN]),
        "skipped": str(counts[CaseStatus.SKIPPED]),
        "time": f"{cases.seconds:.3f}",
    }
    # JUnit's times have no offset; those of reports are UTC
    began = {"timestamp": cases.started_at.partition(".")[0].removesuffix("Z")} if cases.started_at else {}
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f"<testsuites{_attributes(name='smtp-probe', **numbers)}>"
    yield f"<testsuite{_attributes(name=f'smtp-probe {cases.name}', **numbers, **began)}>"
    yield "<properties>"
    for name, value in cases.properties:
        yield f"<property{_attributes(name=name, value=value)}/>"
    yield "</properties>"
    for case in cases.cases:
        yield from _case(case)
    yield "</testsuite>"
    yield "</testsuites>"


def _case(case: Case) -> Iterator[str]:
    head = f"<testcase{_attributes(classname=case.group, name=case.name)}"
    tag = _TAGS.get(case.status)
    text = "\n".join(map(_text, (case.message, *case.details))) if case.message else ""
    if tag is not None:
        body = "\n".join(map(_text, case.details))
        kind = {} if case.status is CaseStatus.SKIPPED else {"type": case.status.value}
        yield f"{head}>"
        yield f"<{tag}{_attributes(message=case.message, **kind)}>{body}</{tag}>"
        yield "</testcase>"
    elif text:
        yield f"{head}>"
        yield f"<system-out>{text}</system-out>"
        yield "</testcase>"
    else:
        yield f"{head}/>"


def _attributes(**values: str) -> str:
    return "".join(f' {name}="{_text(value)}"' for name, value in values.items())


def _text(text: str) -> str:
    return printable(text).translate(_ESCAPES)
