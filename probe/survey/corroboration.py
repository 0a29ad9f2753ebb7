"""Whether denials that decide the route of the mail are corroborated: asked only where there are such."""

from __future__ import annotations

from collections.abc import Callable

from probe.knowledge.machine import controls
from probe.standards.dns.false_denial import control_questions, false_denial_in
from probe.standards.dns.message import Answer, Resolution
from probe.standards.dns.results import MxResult


def corroborate(mx: MxResult, again: Callable[[], Resolution[MxResult]]) -> Resolution[MxResult]:
    """The route, if the resolver that denied gives what is known to exist; else the route as `again` finds it
    without those denials. `again` asks the same questions as before."""
    answers = yield control_questions(mx.decisive_denials[0], controls().many)
    false_denial = false_denial_in(answers)
    if false_denial is None:
        return mx
    return (yield from _drive_marked(again(), false_denial.mark))


def _drive_marked(resolution: Resolution[MxResult], mark: Callable[[Answer], Answer]) -> Resolution[MxResult]:
    """The resolution, with each answer marked."""
    answers: tuple[Answer, ...] | None = None
    while True:
        try:
            questions = next(resolution) if answers is None else resolution.send(answers)
        except StopIteration as stop:
            result: MxResult = stop.value
            return result
        answers = tuple(mark(answer).believed() for answer in (yield questions))
