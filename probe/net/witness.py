"""A name server as a witness: whether a reply is its own word, and which failure counts."""

from __future__ import annotations

from probe.net.dns_wire import Reply
from probe.standards.dns.message import Question, RecordType, Status
from probe.standards.dns.special_use import special_use

# Which failure is worth telling when several servers failed: one that a server spoke itself first
_WORTH = (
    Status.SERVFAIL,
    Status.REFUSED,
    Status.MALFORMED,
    Status.TIMEOUT,
    Status.UNREACHABLE,
    Status.NOT_ASKED,
)


def is_own_word(question: Question, reply: Reply, *, is_stub: bool) -> bool:
    """Whether a conclusive reply is the server's own word, so that others are to be heard. What it has of its
    own machine or network is heard of nobody else, and is what a host of that network is dialled by; but no
    reverse name is taken from there, nor anything from a stub (`is_stub`) whose servers are known."""
    if reply.open_end is not None:
        return False  # it has not come to its end
    answer = reply.answer_to(question)
    # before systemd 248 the stub did not set AA; what DNS says with a TTL of 0 is the same behind it
    is_stubs = is_stub and reply.status is Status.ANSWER and reply.ttl == 0 and _is_of_this_machine(reply)
    is_local = answer.is_local and (is_stub or question.rtype is RecordType.PTR)
    return answer.doubt is not None or is_local or is_stubs


def _is_of_this_machine(reply: Reply) -> bool:
    return reply.provenance is not None and reply.provenance.server.startswith("127.")


def most_telling(failures: list[Reply]) -> Reply | None:
    """Of the failures of several servers the one to tell; None when there is none."""
    return min(failures, key=lambda reply: _WORTH.index(reply.status), default=None)


def means_this_machine(question: Question) -> bool:
    """Names that mean this machine wherever they are asked for (RFC 6761 section 6.3)."""
    special = special_use(question.name)
    return special is not None and special.zone == "localhost"
