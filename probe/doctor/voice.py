"""Makes the result of a test from the tag of its outcome and from values."""

from __future__ import annotations

from probe.doctor.report import TestResult
from probe.knowledge.machine import machine_tests, why_not_assessed
from probe.model.finding import Args
from probe.model.fitness import Fitness, MachineGap
from probe.model.reason import Tagged
from probe.wording.sentence import sentence
from probe.wording.values import arg_of

NOT_ASSESSED = "not-assessed"


def say(test_id: str, tag: str, /, **values: object) -> TestResult:
    """The result of a test. What it means and its words stand in probe/knowledge/machine.toml. Raises
    KeyError for an unknown tag, and for a value that a template needs."""
    test = machine_tests()[test_id]
    outcome = test.outcomes[tag]
    args: Args = {name: arg_of(value) for name, value in values.items()}
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
    args: Args = {"gap": gap.value, **{name: arg_of(value) for name, value in values.items()}}
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
