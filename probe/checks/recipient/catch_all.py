"""Does the domain accept every address?

When an invented mailbox was accepted at RCPT too, acceptance of the real one carries no information: the
server accepts every address at this stage and sorts the mail later, or delivers all of it to one mailbox.

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
    random_rcpts = [e for e in dialogue.control_rcpts(facts) if not dialogue.is_postmaster(e)]
    if not random_rcpts:
        yield say("catch-all-not-tried", provider=_of_little_value(facts))
        return
    acceptances = [e for e in random_rcpts if e.reply and e.reply.is_positive]
    refusals = [e for e in random_rcpts if e.reply and e.reply.is_permanent]
    if acceptances:
        mailbox = dialogue.forward_path(acceptances[0])
        yield say("catch-all-accepted", (e.ref for e in acceptances), mailbox=mailbox)
    elif refusals:
        yield say("catch-all-refused", (e.ref for e in refusals))
    else:
        yield say("catch-all-deferred", (e.ref for e in random_rcpts))


def _of_little_value(facts: Facts) -> str:
    """The provider, if its answers at RCPT are known to say little."""
    provider = facts.recipient.provider
    if provider is None or provider.rcpt_value != "low" or not dialogue.was_accepted(facts):
        return ""
    return provider.title
