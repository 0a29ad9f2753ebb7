"""Did a part of this program itself fail?

A rule, a check or a reader that meets facts which it cannot handle is left out: the report is made without
it, and verdict and exit code rest on what is left. What it would have looked at is not known.

What to do: report it with the line of the finding and, if you can, a recording of the run: --record FILE
makes one, `smtp-probe redact` takes names and addresses out of it, and
`SMTP_PROBE_DEBUG=1 smtp-probe replay FILE` shows the traceback.
Source: this program's own faults; https://github.com/smtp-probe/smtp-probe/issues takes them.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.debugging import ISSUES
from probe.model.fault import Fault
from probe.model.finding import Finding
from probe.wording.spoken import part_of_program

ID = "internal"
STEP = 9


def check(facts: Facts) -> Iterator[Finding]:
    """One not_assessed for each reader that failed while the facts were read out of the recording."""
    for fault in facts.faults:
        yield finding_of(fault)


def finding_of(fault: Fault) -> Finding:
    """The finding for a fault, in the step that lacks what failed."""
    say = Voice(ID, fault.step)
    tag = "internal-machine-gave-out" if fault.is_machine else "internal-fault"
    return say(tag, part=part_of_program(fault), what=fault.what, where=fault.where, issues=ISSUES)
