"""What did the server say to the recipient's address?

Looks at the answer to RCPT TO. Acceptance means only that the server took the address at this stage: some
servers take every address and refuse, or drop, after DATA. A refusal proves nothing about the mailbox when
its status names policy (x.7.x): then the sender is refused, not the address.

What to do: when the address is refused, check its spelling with the person by another channel; when it is
deferred, wait; when policy is named, look at steps 2 and 6 before doubting the address.
Source: RFC 5321 sections 3.3, 3.6 and 4.2.2; RFC 3463 sections 3.2, 3.3 and 3.8.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.target import PairTarget

ID = "recipient-address"
STEP = 3
say = Voice(ID, STEP, ("RFC 5321 section 3.3", "RFC 3463 section 3.2"))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding: accepted, refused, deferred at RCPT, or not asked."""
    if not isinstance(facts.target, PairTarget):
        return
    address = facts.target.forward_path
    exchange = dialogue.target_rcpt(facts)
    if exchange is None or exchange.reply is None:
        decisive = dialogue.decisive(facts)
        why = (
            f"the server refused before, at {decisive.stage.spoken}"
            if decisive is not None
            else dialogue.why_no_dialogue(facts)
        )
        yield say.not_assessed(
            f"{address} was not answered at RCPT: {why}", (decisive.ref,) if decisive else ()
        )
        return
    reply, evidence = exchange.reply, (exchange.ref,)
    subject = reply.enhanced_status.subject if reply.enhanced_status else None
    if reply.code in (251, 551):
        yield say.warning(
            f"the server says that {address} has moved: {reply}",
            evidence,
            "Ask the recipient for the new address, and use it.",
        )
    elif reply.is_positive:
        yield say.ok(
            f"{address} was accepted at RCPT ({reply.code}); that is not yet proof of a mailbox", evidence
        )
    elif reply.is_transient:
        yield say.warning(
            f"{address} was deferred at RCPT: {reply}",
            evidence,
            "Wait for the next try; the address is neither confirmed nor denied.",
        )
    elif subject == 7:
        yield say.notice(
            f"{address} was refused at RCPT by policy ({reply.enhanced_status}); "
            "that says nothing about whether the mailbox exists",
            evidence,
        )
    else:
        yield say.error(
            f"{address} was refused at RCPT: {reply}",
            evidence,
            "Check the address with the recipient by another channel before sending to it again.",
        )
