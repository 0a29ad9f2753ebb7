"""Which parts of the run were not made?

Names what the deadline, an option, or a courtesy cap kept the probe from looking at. A part that was not
reached is neither right nor wrong, and no other finding speaks for it.

What to do: give more time (--timeout), or leave out the option that excluded the part.
Source: this program's own budgets (settings.py); RFC 5321 section 4.5.3.2 for how long servers may take.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.not_reached import part_of
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "not-reached"
STEP = 9
say = Voice(ID, STEP, ("RFC 5321 section 4.5.3.2",))


def check(facts: Facts) -> Iterator[Finding]:
    """One not_assessed for each part that was not made, else ok."""
    for omission in facts.not_reached:
        yield say("part-not-reached", part=part_of(omission), reason=omission.reason, part_tag=omission.part)
    if not facts.complete:
        yield say("recording-cut-short")
    elif not facts.not_reached:
        yield say("every-part-reached" if any(it.connected for it in facts.sessions) else "no-session-made")
