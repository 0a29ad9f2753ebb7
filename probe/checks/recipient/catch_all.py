"""Does the domain accept every address?

When an invented mailbox was accepted at RCPT too, acceptance of the real one carries no information: the
server takes everything at this stage and sorts it later, or delivers all of it to one place.

What to do: do not read an accepted RCPT as a valid address; only a delivered message or the recipient's
answer settles it.
Source: RFC 5321 section 7.3 (servers may accept without verifying) and section 3.5.3.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "catch-all"
STEP = 3
say = Voice(ID, STEP, ("RFC 5321 section 7.3",))


def check(facts: Facts) -> Iterator[Finding]:
    """A notice when an invented mailbox was accepted, ok when it was refused for good."""
    invented = [e for e in dialogue.control_rcpts(facts) if not dialogue.is_postmaster(e)]
    if not invented:
        yield say("catch-all-not-tried", provider=_of_little_value(facts))
        return
    accepted = [e for e in invented if e.reply and e.reply.is_positive]
    refused = [e for e in invented if e.reply and e.reply.is_permanent]
    if accepted:
        mailbox = dialogue.forward_path(accepted[0])
        yield say("catch-all-accepted", (e.ref for e in accepted), mailbox=mailbox)
    elif refused:
        yield say("catch-all-refused", (e.ref for e in refused))
    else:
        yield say("catch-all-deferred", (e.ref for e in invented))


def _of_little_value(facts: Facts) -> str:
    """The provider whose answer at RCPT is known to say little, where an acceptance needs the reservation."""
    provider = facts.recipient.provider
    if provider is None or provider.rcpt_value != "low" or not dialogue.was_accepted(facts):
        return ""
    return provider.title
