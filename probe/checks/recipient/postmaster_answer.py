"""Does the domain accept mail to postmaster?

Every domain that takes mail must take it for postmaster. When the control experiment found postmaster
refused as well, the refusal is not about one mailbox: the domain takes no mail from outside, or it refuses
this sender as a whole. And there is nobody to complain to by mail.

What to do: reach the recipient by another channel; if the domain is yours, make postmaster deliverable.
Source: RFC 5321 section 4.5.1; RFC 2142 section 5.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "postmaster-answer"
STEP = 8
say = Voice(ID, STEP, ("RFC 5321 section 4.5.1",))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding on the answer to the postmaster experiment."""
    asked = [e for e in dialogue.control_rcpts(facts) if dialogue.is_postmaster(e)]
    own = dialogue.target_rcpt(facts)
    if own is not None and dialogue.is_postmaster(own):
        asked.append(own)
    if not asked:
        yield say.not_assessed(
            "postmaster was not tried", (), "Use --controls always to compare with postmaster."
        )
        return
    last = asked[-1]
    assert last.reply is not None
    if last.reply.is_positive:
        yield say.ok(f"{dialogue.forward_path(last)} is accepted", (last.ref,))
    elif last.reply.is_permanent:
        yield say.warning(
            f"{dialogue.forward_path(last)} is refused too ({last.reply}), though every domain must take it",
            (last.ref,),
            "Reach the recipient by another channel than mail.",
        )
    else:
        yield say.not_assessed(
            f"{dialogue.forward_path(last)} was deferred ({last.reply}), which tells nothing", (last.ref,)
        )
