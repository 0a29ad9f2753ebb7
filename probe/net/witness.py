"""Judges replies of name servers: whether a server made a reply itself, and which failure counts."""

from __future__ import annotations

from probe.net.dns_wire import Reply
from probe.standards.dns.message import Question, RecordType, Status
from probe.standards.dns.special_use import special_use

# The order of failures if several servers failed: those reported by a server come first
_WORTH = (
    Status.SERVFAIL,
    Status.REFUSED,
    Status.MALFORMED,
    Status.TIMEOUT,
    Status.UNREACHABLE,
    Status.NOT_ASKED,
)


def is_own_word(question: Question, reply: Reply, *, is_stub: bool) -> bool:
    """Whether the server made a conclusive reply itself, so that others must be asked. Data of its own
    machine or network counts as an answer, because no other server has it and connections use it; except
    reverse names, and anything from a stub (`is_stub`) whose servers are known."""
    if reply.open_end is not None:
        return False  # the reply is not complete
    answer = reply.answer_to(question)
    # before systemd 248 the stub did not set AA; an answer of DNS with a TTL of 0 is the same from the next
    # server
    is_stubs = is_stub and reply.status is Status.ANSWER and reply.ttl == 0 and _is_of_this_machine(reply)
    is_local = answer.is_local and (is_stub or question.rtype is RecordType.PTR)
    return answer.doubt is not None or is_local or is_stubs


def _is_of_this_machine(reply: Reply) -> bool:
    return reply.provenance is not None and reply.provenance.server.startswith("127.")


def most_telling(failures: list[Reply]) -> Reply | None:
    """The failure to report of those of several servers; None if there is none."""
    return min(failures, key=lambda reply: _WORTH.index(reply.status), default=None)


def means_this_machine(question: Question) -> bool:
    """Whether a name always means this machine (RFC 6761 section 6.3)."""
    special = special_use(question.name)
    return special is not None and special.zone == "localhost"
