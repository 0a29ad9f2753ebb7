"""Is the server's answer lasting or passing?

Looks at the reply that settled the matter: the answer to RCPT, else the refusal before it. A 4yz reply
says "not now" and the sending server tries again by itself; a 5yz reply says "not like this" and
repeating it unchanged is useless. The enhanced status code tells the area: x.1.x the address, x.2.x the
mailbox, x.3.x and x.4.x the receiving system and the network, x.7.x policy and authentication; what each
code means is told in the words of the IANA registry. x.0.0 tells nothing beyond the first digit. Where a
server gives no enhanced status, the sending server that reports the failure writes x.0.0 in its place: such a
5.0.0 is filler and no word of the remote server.

What to do: for 4yz wait and let the queue retry; for 5yz mend the cause before sending again.
Source: RFC 5321 section 4.2.1; RFC 3463 sections 3 and 3.1; RFC 2034 section 4; RFC 3464 section 2.3.4;
IANA registry SMTP Enhanced Status Codes (RFC 5248).
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.facts.session import Exchange
from probe.knowledge.enhanced_status import registered
from probe.model.evidence import Facet
from probe.model.finding import Finding
from probe.model.reply import Reply, Stage
from probe.reading.reply.match import read_reply

ID = "reply-permanence"
STEP = 1
say = Voice(ID, STEP, ("RFC 5321 section 4.2.1", "RFC 3463 section 3"))

_STATED_DB = 12  # a rule of words that names its cause; notions weigh less

_AREAS = {
    1: "the address",
    2: "the mailbox",
    3: "the receiving mail system",
    4: "the network or routing",
    5: "the dialogue itself",
    6: "the form of the message",
    7: "policy or authentication",
}


def check(facts: Facts) -> Iterator[Finding]:
    """Say whether the decisive reply is permanent or transient, and which area it names."""
    exchange = dialogue.decisive(facts)
    if exchange is None or exchange.reply is None:
        yield say.not_assessed(f"there is no reply to read: {dialogue.why_no_dialogue(facts)}")
        return
    reply = exchange.reply
    where = _place(exchange.stage)
    evidence = (exchange.ref,)
    if reply.is_permanent:
        yield say.error(
            f"the server refused for good {where} (hard, {_codes(reply)}); {_area(reply)}",
            evidence,
            "Do not repeat the mail unchanged: mend the cause first.",
        )
    elif reply.is_transient:
        yield say.warning(
            f"the server deferred {where} (soft, {_codes(reply)}); {_area(reply)}",
            evidence,
            "Leave the mail in the queue: the sending server tries again by itself.",
        )
    else:
        yield say.ok(f"the server answered {where} with {_codes(reply)}", evidence)
    contradictions = list(_contradiction(reply, evidence))
    yield from contradictions
    if not reply.is_positive:
        yield from _origin(exchange, reply)
    elif exchange.stage is Stage.RCPT and reply.code == 250 and not contradictions:
        yield from _words_of_refusal(reply, evidence)


def _place(stage: Stage) -> str:
    return {
        Stage.GREETING: "in its greeting",
        Stage.EHLO: "at EHLO",
        Stage.MAIL: "at MAIL FROM",
        Stage.RCPT: "at RCPT",
    }.get(stage, f"at {stage.upper()}")


def _codes(reply: Reply) -> str:
    return f"{reply.code} {reply.enhanced_status}" if reply.enhanced_status else str(reply.code)


def _area(reply: Reply) -> str:
    status = reply.enhanced_status
    if status is None:
        return "it gave no enhanced status, so only its text can tell why"
    if status.is_generic:
        return f"{status} tells nothing beyond the class (RFC 3463 section 3.1)"
    area = _AREAS.get(status.subject, "an area that RFC 3463 does not define")
    entry = registered(status)
    if entry is None or status.detail == 0:  # x.y.0 says nothing beyond the area
        return f"{status} names {area}"
    return f'{status} names {area}: "{entry.text}" ({entry.reference})'


def _contradiction(reply: Reply, evidence: tuple[str, ...]) -> Iterator[Finding]:
    """RFC 2034 section 4: the class of the enhanced status equals the first digit of the reply code."""
    status = reply.enhanced_status
    if status is None or status.klass == reply.code // 100:
        return
    if reply.is_positive and status.klass in (4, 5):
        yield say.warning(
            f"the reply contradicts itself: code {reply.code} accepts, status {status} is that of a "
            "refusal; sending servers go by the code, and the mail may well be lost or returned later",
            evidence,
            "Do not rely on this acceptance; ask the recipient's postmaster what the server means.",
        )
    else:
        yield say.notice(
            f"the reply contradicts itself: code {reply.code}, but status {status}; "
            "sending servers go by the reply code",
            evidence,
        )


def _words_of_refusal(reply: Reply, evidence: tuple[str, ...]) -> Iterator[Finding]:
    """250 in the words of a refusal ("250 user unknown"): some servers accept what they will not deliver."""
    words = read_reply(f"550 {reply.text}", Stage.RCPT).evidence
    told = [e for e in words if e.facet is Facet.TEXT and max(e.weights.values(), default=0) >= _STATED_DB]
    if told:
        yield say.warning(
            f"the server accepted with {reply.code}, in the words of a refusal: {told[0].says}; "
            "sending servers go by the code, and the mail may well be lost or returned later",
            evidence,
            "Do not rely on this acceptance; ask the recipient's postmaster what the server means.",
        )


def _origin(exchange: Exchange, reply: Reply) -> Iterator[Finding]:
    """Where an x.0.0 comes from, and that it carries no information wherever it does."""
    status, where = reply.enhanced_status, _place(exchange.stage)
    if status is None:
        filler = f"{reply.code // 100}.0.0"
        yield say.notice(
            f"the reply {where} holds no enhanced status; a {filler} in a bounce of this would be filler "
            "that the sending server wrote (Postfix does), not the remote server's word",
            (exchange.ref,),
        )
    elif status.is_generic:
        yield say.notice(
            f"the {status} stands in the remote server's own reply {where}: it is no filler of a "
            "sending server, and still names no cause (RFC 3463 section 3.1)",
            (exchange.ref,),
        )
