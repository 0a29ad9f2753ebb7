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
from probe.checks.judging.wording import Values, Voice
from probe.facts.model import Facts
from probe.facts.session import Exchange, Session
from probe.model.finding import Finding
from probe.model.reply import Stage

ID = "size-limit"
STEP = 4
say = Voice(ID, STEP, ("RFC 1870 section 4",))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding that compares the planned size with the server's limit."""
    size = facts.planned_size
    sessions = dialogue.answering_sessions(facts)
    session = sessions[-1] if sessions else None
    evidence = (dialogue.ref(session),) if session else ()
    if size is None:
        yield say("size-not-known", evidence, **_values(session))
    elif session is None:
        yield say("size-not-compared", size=size, why=dialogue.no_dialogue(facts))
    elif (refusal := _refused_for_size(session)) is not None:
        yield say("size-refused", (refusal.ref,), size=size, reply=refusal.reply, host=session.mx_host)
    else:
        yield say(_tag(size, _limit(session)), evidence, size=size, **_values(session))


def _tag(size: int, limit: int | None) -> str:
    if limit is None:
        return "size-without-limit"
    return "size-beyond-limit" if limit and size > limit else "size-within-limit"


def _limit(session: Session) -> int | None:
    extensions = session.extensions or session.plain_extensions
    return extensions.size_limit if extensions else None


def _values(session: Session | None) -> Values:
    """The values of the words `size_limit`."""
    if session is None:
        return {"limit_kind": "not_seen", "host": None, "limit": None}
    limit = _limit(session)
    kinds = {None: "not_announced", 0: "not_fixed"}  # RFC 1870 section 4: 0, no fixed maximum is in force
    return {"limit_kind": kinds.get(limit, "fixed"), "host": session.mx_host, "limit": limit}


def _refused_for_size(session: Session) -> Exchange | None:
    """The MAIL command whose SIZE= was refused (RFC 1870 section 6.1: 452 and 552; x.2.3, x.3.4)."""
    exchange = session.exchange(Stage.MAIL)
    if exchange is None or exchange.reply is None or "SIZE=" not in exchange.sent.upper():
        return None
    status = exchange.reply.enhanced_status
    by_status = status is not None and (status.subject, status.detail) in {(2, 3), (3, 4)}
    return exchange if exchange.reply.code == 552 or (by_status and not exchange.reply.is_positive) else None
