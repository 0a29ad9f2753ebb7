"""Is the message small enough for the server?

Compares the size of --message, or --size, with the limit that the server announces in SIZE, and looks at
its answer to MAIL FROM with SIZE=. Attachments grow by about 37 % on the wire (base64), and a mailbox may
have a smaller limit than its server.

What to do: make the message smaller, or send a link instead of the attachment.
Source: RFC 1870 sections 4, 5 and 6.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.facts.session import Exchange, Session
from probe.model.finding import Finding
from probe.model.reply import Stage

ID = "size-limit"
STEP = 4
say = Voice(ID, STEP, ("RFC 1870 section 4",))

_REMEDY = "Make the message smaller, or send a link instead of the attachment."


def check(facts: Facts) -> Iterator[Finding]:
    """One finding on the planned size against the server's word."""
    planned = facts.planned_size
    sessions = dialogue.answering_sessions(facts)
    session = sessions[-1] if sessions else None
    if planned is None:
        limit = _limit_words(session) if session else "no EHLO response was seen"
        yield say.not_assessed(
            f"the size of the message is not known; {limit}",
            (dialogue.ref(session),) if session else (),
            "Give --message FILE or --size BYTES.",
        )
    elif session is None:
        yield say.not_assessed(f"{planned} octets could not be compared: {dialogue.why_no_dialogue(facts)}")
    else:
        yield _judge(planned, session)


def _judge(planned: int, session: Session) -> Finding:
    limit = _limit(session)
    refused = _refused_for_size(session)
    if refused is not None:
        return say.error(
            f"{session.mx_host} refused {planned} octets at MAIL FROM: {refused.reply}",
            (refused.ref,),
            _REMEDY,
        )
    evidence = (dialogue.ref(session),)
    if limit and planned > limit:
        return say.error(
            f"the message has {planned} octets, {session.mx_host} takes at most {limit}", evidence, _REMEDY
        )
    if limit is None:
        return say.not_assessed(
            f"{session.mx_host} announces no size limit, so {planned} octets may or may not be too many",
            evidence,
        )
    return say.ok(f"the message has {planned} octets; {_limit_words(session)}", evidence)


def _limit(session: Session) -> int | None:
    extensions = session.extensions or session.plain_extensions
    return extensions.size_limit if extensions else None


def _limit_words(session: Session) -> str:
    limit = _limit(session)
    if limit is None:
        return f"{session.mx_host} announces no size limit"
    if limit == 0:  # RFC 1870 section 4: zero means that no fixed maximum is in force
        return f"{session.mx_host} has no fixed size limit"
    return f"{session.mx_host} takes {limit} octets ({limit / 1048576:.0f} MiB)"


def _refused_for_size(session: Session) -> Exchange | None:
    """The MAIL command whose SIZE= was refused (RFC 1870 section 6.1: 452 and 552; x.2.3, x.3.4)."""
    exchange = session.exchange(Stage.MAIL)
    if exchange is None or exchange.reply is None or "SIZE=" not in exchange.sent.upper():
        return None
    status = exchange.reply.enhanced_status
    by_status = status is not None and (status.subject, status.detail) in {(2, 3), (3, 4)}
    return exchange if exchange.reply.code == 552 or (by_status and not exchange.reply.is_positive) else None
