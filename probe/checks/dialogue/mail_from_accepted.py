"""Did the server accept the sender at MAIL FROM?

Looks at the answer to MAIL FROM. Acceptance says little, because many servers judge the sender only when the
recipient is named; refusal is about the sender, its domain, or the address it comes from.

What to do: look at the findings on the sender's domain, SPF, PTR and blocklists, and mend what they name.
Source: RFC 5321 section 3.3; RFC 3463 section 3.2 (x.1.7, x.1.8); RFC 7372.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.reply import Stage
from probe.model.target import PairTarget

ID = "mail-from-accepted"
STEP = 6
say = Voice(ID, STEP, ("RFC 5321 section 3.3",))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding on the last answered MAIL FROM of the target's sessions."""
    if not isinstance(facts.target, PairTarget):
        return
    sender = facts.target.reverse_path
    shown = str(sender) if str(sender) == "<>" else f"<{sender}>"
    answered = [
        e
        for s in dialogue.main_sessions(facts)
        if not s.desynchronised
        for e in s.exchanges
        if e.stage is Stage.MAIL and e.reply and e.usable
    ]
    if not answered:
        yield say.not_assessed(f"MAIL FROM:{shown} was not answered: {_why(facts)}")
        return
    last = answered[-1]
    assert last.reply is not None
    if last.reply.is_positive:
        yield say.ok(f"MAIL FROM:{shown} was accepted ({last.reply.code})", (last.ref,))
    elif last.reply.is_permanent:
        yield say.error(
            f"MAIL FROM:{shown} was refused: {last.reply}",
            (last.ref,),
            "Mend what the findings on the sender's domain and address name.",
        )
    else:
        yield say.warning(
            f"MAIL FROM:{shown} was deferred: {last.reply}", (last.ref,), "Let the queue try again."
        )


def _why(facts: Facts) -> str:
    decisive = dialogue.decisive(facts)
    if decisive is not None and decisive.reply is not None:
        return f"the server refused before, at {decisive.stage.spoken}"
    return dialogue.why_no_dialogue(facts)
