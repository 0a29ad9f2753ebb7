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
from probe.model.reply import Reply
from probe.model.target import PairTarget
from probe.reading.reply.quotation import may_quote, quotation

ID = "recipient-address"
STEP = 3
say = Voice(ID, STEP, ("RFC 5321 section 3.3", "RFC 3463 section 3.2"))

_POLICY = 7  # the subject of an enhanced status that speaks of policy (RFC 3463 section 3.8)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding: accepted, refused, deferred at RCPT, or not asked."""
    if not isinstance(facts.target, PairTarget):
        return
    mailbox = facts.target.forward_path
    exchange = dialogue.target_rcpt(facts)
    if exchange is not None and exchange.reply is not None:
        reply = exchange.reply
        yield say(
            _tag(reply),
            (exchange.ref,),
            mailbox=mailbox,
            code=reply.code,
            status=reply.enhanced_status,
            reply=reply,
        )
    elif (decisive := dialogue.decisive(facts)) is not None:
        yield say("recipient-refused-before", (decisive.ref,), mailbox=mailbox, stage=decisive.stage)
    else:
        yield say("recipient-not-asked", mailbox=mailbox, why=dialogue.no_dialogue(facts))


def _tag(reply: Reply) -> str:
    if reply.code in (251, 551):
        return "recipient-moved"
    if reply.is_positive:
        return "recipient-accepted"
    if _is_about_sender(reply):
        return "recipient-answer-about-sender"
    if reply.is_transient:
        return "recipient-deferred"
    status = reply.enhanced_status
    is_policy = status is not None and status.subject == _POLICY
    return "recipient-refused-by-policy" if is_policy else "recipient-refused"


def _is_about_sender(reply: Reply) -> bool:
    """Whether the reply is about the sender's address (a callout, an address probe)."""
    line = " ".join(reply.text.split())
    quoted = quotation(line) if may_quote(line) else None
    return quoted is not None and quoted.about == "sender"
