"""Does the domain accept mail to postmaster?

Every domain that takes mail must take it for postmaster. When the control experiment found postmaster refused
as well, the refusal is not about one mailbox: the domain takes no mail from outside, or it refuses everything
from this sender. It also means that nobody there can be reached by mail.

What to do: reach the recipient by another channel; if the domain is yours, make postmaster deliverable.
Source: RFC 5321 section 4.5.1; RFC 2142 section 5.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.reply import Reply

ID = "postmaster-answer"
STEP = 8
say = Voice(ID, STEP, ("RFC 5321 section 4.5.1",))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding on the answer to the postmaster experiment."""
    rcpts = [e for e in dialogue.control_rcpts(facts) if dialogue.is_postmaster(e)]
    own = dialogue.target_rcpt(facts)
    if own is not None and dialogue.is_postmaster(own):
        rcpts.append(own)
    if not rcpts:
        yield say("postmaster-not-tried")
        return
    last = rcpts[-1]
    assert last.reply is not None
    yield say(_tag(last.reply), (last.ref,), mailbox=dialogue.forward_path(last), reply=last.reply)


def _tag(reply: Reply) -> str:
    if reply.is_positive:
        return "postmaster-accepted"
    return "postmaster-refused" if reply.is_permanent else "postmaster-deferred"
