"""A case of one check: facts that it judges, and what it must say about them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from probe.checks.catalogue import by_id
from probe.facts.model import Facts
from probe.model.finding import Finding, Severity


@dataclass(frozen=True, slots=True)
class Case:
    """`expected` is severity and tag of every finding, in order ("error spf-fail"), empty when the check must
    stay silent; `says` are words that the first finding's message or remedy must hold."""

    check: str
    name: str
    facts: Facts
    expected: tuple[str, ...]
    says: tuple[str, ...] = ()


def parametrize(cases: tuple[Case, ...]) -> pytest.MarkDecorator:
    """One test for each case, named after it."""
    return pytest.mark.parametrize("case", cases, ids=[f"{case.check}: {case.name}" for case in cases])


def findings(case: Case) -> tuple[Finding, ...]:
    """What the check says about the case's facts."""
    check = by_id(case.check)
    assert check is not None, f"no check {case.check}"
    return tuple(check.check(case.facts))


def assert_case(case: Case) -> None:
    """The check says what the case expects, in a form that every finding must have."""
    result = findings(case)
    assert tuple(f"{f.severity} {f.tag}" for f in result) == case.expected, [f.message for f in result]
    for finding in result:
        assert finding.id == case.check
        assert finding.message
        assert all(finding.evidence), "an evidence reference is empty"
        if finding.severity in (Severity.FATAL, Severity.ERROR, Severity.WARNING):
            assert finding.evidence or case.check in ("sender-typo",), "a fault without evidence"
    if case.says:
        text = f"{result[0].message} {result[0].remedy}"
        for words in case.says:
            assert words in text
