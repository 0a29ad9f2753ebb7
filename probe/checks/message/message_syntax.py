"""Is the message well formed?

Names what breaks the form of the message: fields that may occur once and occur twice, addresses and dates
that cannot be read, broken MIME structure. Receivers refuse some of it, and filters count the rest against
the message.

What to do: mend the program that writes the message; a mail library does these things right.
Source: RFC 5322 sections 3.3, 3.4 and 3.6; RFC 2045; RFC 2046.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "message-syntax"
STEP = 5
say = Voice(ID, STEP, ("RFC 5322 section 3.6",))


def check(facts: Facts) -> Iterator[Finding]:
    """One warning with every fault of form, else ok."""
    message = facts.message
    if message is None:
        return
    if message.problems:
        yield say("message-malformed", ("message",), problems=message.problems)
    else:
        yield say("message-well-formed", ("message",))
