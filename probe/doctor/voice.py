"""Makes the result of a test from the tag of its outcome and from values."""

from __future__ import annotations

from enum import Enum

from probe.doctor.report import TestResult
from probe.knowledge.machine import machine_tests, why_not_assessed
from probe.model.finding import Arg, Args
from probe.model.fitness import Fitness, MachineGap
from probe.model.reason import Tagged
from probe.wording.sentence import sentence
from probe.wording.spoken import is_tagged, spoken

NOT_ASSESSED = "not-assessed"


def say(test_id: str, tag: str, /, **values: object) -> TestResult:
    """The result of a test. What it means and its words stand in probe/knowledge/machine.toml. Raises
    KeyError for an unknown tag, and for a value that a template needs."""
    test = machine_tests()[test_id]
    outcome = test.outcomes[tag]
    args: Args = {name: _arg(value) for name, value in values.items()}
    return TestResult(
        test.id,
        test.group,
        test.title,
        outcome.fitness,
        outcome.unfit_for,
        tag,
        sentence(outcome.message, args),
        sentence(outcome.fix, args),
        args,
        test.source,
    )


def leave_open(test_id: str, gap: MachineGap, /, **values: object) -> TestResult:
    """That a test could not be made, and why."""
    test = machine_tests()[test_id]
    args: Args = {"gap": gap.value, **{name: _arg(value) for name, value in values.items()}}
    message = sentence(why_not_assessed(gap), args)
    level = Fitness.NOT_ASSESSED
    return TestResult(
        test.id, test.group, test.title, level, (), NOT_ASSESSED, message, "", args, test.source
    )


def unanswered(test_id: str, failure: Tagged | None) -> TestResult:
    """That a test has no usable answer."""
    if failure is None:
        return leave_open(test_id, MachineGap.NOT_MADE)
    return leave_open(test_id, MachineGap.UNANSWERED, failure=failure)


def _arg(value: object) -> Arg:
    if isinstance(value, tuple | list | set | frozenset):
        return tuple(map(_one, value))
    return _one(value)


def _one(value: object) -> str | int | float:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str | int | float):
        return value
    if is_tagged(value):
        return spoken(value)
    return "" if value is None else str(value)
