"""Was the message given?

Content, headers, signature and size can only be looked at in the message itself. A probe stops before DATA,
so about two in five real refusals, those for content and authentication after DATA, cannot be observed; with
the message they can be predicted better.

What to do: save the message as a file (.eml, with all headers) and give it with --message FILE.
Source: RFC 5322; this program never sends DATA.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.program_part import ProgramPart

ID = "message-missing"
STEP = 5
say = Voice(ID, STEP, ())


def check(facts: Facts) -> Iterator[Finding]:
    """Not assessed without --message; with it the other checks of step 5 give the findings."""
    if facts.message is not None:
        yield say("message-read", ("message",), size=facts.message.size)
    elif any(fault.part is ProgramPart.MESSAGE for fault in facts.faults):
        yield say("message-not-readable")
    else:
        yield say("message-not-given")
