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
from probe.model.reply import Reply, Stage

ID = "mail-from-accepted"
STEP = 6
say = Voice(ID, STEP, ("RFC 5321 section 3.3",))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding on the last answered MAIL FROM of the target's sessions."""
    if facts.envelope is None:
        return
    sender = str(facts.envelope.reverse_path)
    path = sender if sender == "<>" else f"<{sender}>"
    exchanges = [
        (e, e.reply)
        for s in dialogue.main_sessions(facts)
        if not s.desynchronised
        for e in s.exchanges
        if e.stage is Stage.MAIL and e.reply and e.usable
    ]
    if exchanges:
        last, reply = exchanges[-1]
        yield say(_tag(reply), (last.ref,), path=path, code=reply.code, reply=reply)
    elif (decisive := dialogue.decisive(facts)) is not None and decisive.reply is not None:
        yield say("sender-refused-before", path=path, stage=decisive.stage)
    else:
        yield say("sender-not-asked", path=path, why=dialogue.no_dialogue(facts))


def _tag(reply: Reply) -> str:
    if reply.is_positive:
        return "sender-accepted"
    return "sender-refused" if reply.is_permanent else "sender-deferred"
