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
        yield say.not_assessed(
            f"no invented mailbox was tried{_provider_habit(facts)}",
            (),
            "Use --controls always to compare with an invented mailbox.",
        )
        return
    accepted = [e for e in invented if e.reply and e.reply.is_positive]
    refused = [e for e in invented if e.reply and e.reply.is_permanent]
    if accepted:
        yield say.notice(
            f"an invented mailbox ({dialogue.forward_path(accepted[0])}) was accepted too: "
            "acceptance at RCPT proves nothing about one address here",
            (e.ref for e in accepted),
            "Confirm the address with the recipient by another channel.",
        )
    elif refused:
        yield say.ok("an invented mailbox was refused: the server tells addresses apart or refuses all",
                     (e.ref for e in refused))  # fmt: skip
    else:
        yield say.not_assessed(
            "the invented mailbox was deferred, which tells nothing", (e.ref for e in invented)
        )


def _provider_habit(facts: Facts) -> str:
    """What is known of the provider's answers at RCPT, where an acceptance needs the reservation."""
    provider = facts.recipient.provider
    if provider is None or provider.rcpt_value != "low" or not dialogue.was_accepted(facts):
        return ""
    return f"; an answer of {provider.title} at RCPT says little about one address"
