"""The answers of a run about names that are known to exist, asked for because others were denied."""

from __future__ import annotations

from collections.abc import Sequence

from probe.standards.dns.false_denial import controls_in, were_controls_asked
from probe.standards.dns.message import Answer


def controls_of(answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """Those among all answers of a run; empty where no such name was asked for."""
    if not were_controls_asked(it.question for it in answers):
        return ()
    from probe.knowledge.machine import controls  # few runs ask for them

    return controls_in(answers, controls().many)
