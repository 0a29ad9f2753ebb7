"""Is the server's answer permanent or transient?

Looks at the reply that decided: the answer to RCPT, else the refusal before it. A 4yz reply says "not now"
and the sending server tries again by itself; a 5yz reply says "not like this" and repeating it unchanged is
useless. The enhanced status code tells the area: x.1.x the address, x.2.x the mailbox, x.3.x and x.4.x the
receiving system and the network, x.7.x policy and authentication; the meaning of each code is given in the
words of the IANA registry. x.0.0 says nothing beyond the first digit. Where a server gives no enhanced
status, the sending server that reports the failure writes x.0.0 in its place: such a 5.0.0 is filler and does
not come from the remote server.

What to do: for 4yz wait and let the queue retry; for 5yz mend the cause before sending again.
Source: RFC 5321 section 4.2.1; RFC 3463 sections 3 and 3.1; RFC 2034 section 4; RFC 3464 section 2.3.4;
IANA registry SMTP Enhanced Status Codes (RFC 5248).
"""

from __future__ import annotations

from collections.abc import Iterator

from probe._dataclass import replace
from probe.checks.judging import dialogue
from probe.checks.judging.wording import Values, Voice
from probe.facts.model import Facts
from probe.facts.session import Exchange
from probe.knowledge.enhanced_status import look_up
from probe.model.evidence import Facet
from probe.model.finding import Finding
from probe.model.reply import Reply, Stage
from probe.reading.reply.read import read_received

ID = "reply-permanence"
STEP = 1
say = Voice(ID, STEP, ("RFC 5321 section 4.2.1", "RFC 3463 section 3"))

_STATED_DB = 12  # weight of a rule whose words name the cause; notions weigh less
_AREAS = range(1, 8)  # of RFC 3463 section 3


def check(facts: Facts) -> Iterator[Finding]:
    """Say whether the decisive reply is permanent or transient, and which area it names."""
    exchange = dialogue.decisive(facts)
    if exchange is None or exchange.reply is None:
        yield say("reply-not-seen", why=dialogue.no_dialogue(facts))
        return
    reply = exchange.reply
    answer = {"stage": exchange.stage, "code": reply.code, "status": reply.enhanced_status}
    yield say(_tag(reply), (exchange.ref,), **answer, **_area(reply))
    tag = _tag_of_contradiction(reply)
    if tag:
        yield say(tag, (exchange.ref,), **answer)
    if not reply.is_positive:
        yield from _origin(exchange, reply)
    elif exchange.stage is Stage.RCPT and reply.code == 250 and not tag:
        yield from _words_of_refusal(exchange, reply)


def _tag(reply: Reply) -> str:
    if reply.is_permanent:
        return "reply-refused"
    return "reply-deferred" if reply.is_transient else "reply-accepted"


def _area(reply: Reply) -> Values:
    """The values of the words `status_area`."""
    status = reply.enhanced_status
    entry = look_up(status) if status is not None else None
    if status is None:
        kind = "no_status"
    elif status.is_generic:
        kind = "generic"
    else:  # x.y.0 says nothing beyond the area
        kind = "area" if entry is None or status.detail == 0 else "registered"
    return {
        "area_kind": kind,
        "area": str(status.subject) if status is not None and status.subject in _AREAS else "other",
        "meaning": entry.text if entry is not None else None,
        "reference": entry.reference if entry is not None else None,
    }


def _tag_of_contradiction(reply: Reply) -> str:
    """RFC 2034 section 4: the class of the enhanced status must equal the first digit of the reply code.
    Empty if so."""
    status = reply.enhanced_status
    if status is None or status.klass == reply.code // 100:
        return ""
    is_refusal = reply.is_positive and status.klass in (4, 5)
    return "reply-accepts-with-status-of-refusal" if is_refusal else "reply-status-of-other-class"


def _words_of_refusal(exchange: Exchange, reply: Reply) -> Iterator[Finding]:
    """A 250 whose text is that of a refusal ("250 user unknown"): some servers accept mail that they will not
    deliver."""
    words = read_received(replace(reply, code=550, enhanced_status=None), Stage.RCPT).evidence
    strong = [e for e in words if e.facet is Facet.TEXT and max(e.weights.values(), default=0) >= _STATED_DB]
    if strong:
        yield say("reply-refuses-in-words", (exchange.ref,), code=reply.code, says=strong[0].says)


def _origin(exchange: Exchange, reply: Reply) -> Iterator[Finding]:
    """Who wrote an x.0.0; in any case it carries no information."""
    status, stage = reply.enhanced_status, exchange.stage
    if status is None:
        yield say("reply-without-status", (exchange.ref,), stage=stage, filler=f"{reply.code // 100}.0.0")
    elif status.is_generic:
        yield say("reply-status-generic", (exchange.ref,), stage=stage, status=status)
