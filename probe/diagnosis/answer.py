"""What a server's answer means for the current run: whether to ask more, and which server."""

from __future__ import annotations

from probe.diagnosis.scoring import rank, words_name_it
from probe.knowledge.fact_evidence import beside_words
from probe.model.fault import recover
from probe.model.program_part import ProgramPart
from probe.model.reply import Reply, Stage
from probe.reading.reply.read import read_received

_ABOUT_THE_CLIENT = frozenset({"ip_blocklisted", "poor_reputation", "rate_limited"})


def settles_cause(reply: Reply, stage: Stage) -> bool:
    """Whether control experiments would add nothing to an answer: its own words name the cause, or it is a
    4yz, for which time is the test. If this program fails to decide, no more is asked."""
    return recover(ProgramPart.REPLY, lambda: _settles_cause(reply, stage), True, step=1)


def _settles_cause(reply: Reply, stage: Stage) -> bool:
    if reply.is_transient:
        return True
    ranking = rank(read_received(reply, stage).evidence, stage=stage, permanent=reply.is_permanent)
    if not words_name_it(ranking):
        return False
    if ranking[0].id != "user_unknown":
        return True
    # A domain that takes no mail answers "5.0.0 user unknown" for every mailbox; a server that looked the
    # mailbox up gives X.1.1 (RFC 3463 section 3.2). "recipient rejected" or OpenSMTPD's "invalid recipient"
    # is also the answer to filtered senders and foreign domains.
    placeholder = reply.enhanced_status is not None and reply.enhanced_status.is_generic
    return not placeholder and ranking[0].probability >= beside_words().sure_of_unknown


def refuses_this_client(reply: Reply, stage: Stage) -> bool:
    """Whether a refusal is about the connecting address itself: it is on a list, has a bad reputation, or
    connects too often. If this program fails to decide, the answer is yes and the host is not asked again."""
    return recover(ProgramPart.REPLY, lambda: _refuses_this_client(reply, stage), True, step=1)


def _refuses_this_client(reply: Reply, stage: Stage) -> bool:
    if reply.is_positive:
        return False
    ranking = rank(read_received(reply, stage).evidence, stage=stage, permanent=reply.is_permanent)
    return words_name_it(ranking) and ranking[0].id in _ABOUT_THE_CLIENT
