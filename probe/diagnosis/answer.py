"""What one answer of a server tells a run that is under way: whether more is to be asked, and of whom."""

from __future__ import annotations

from probe.diagnosis.scoring import rank, words_name_it
from probe.knowledge.fact_evidence import beside_words
from probe.model.fault import recover
from probe.model.reply import Reply, Stage
from probe.reading.reply.read import read_received

_ABOUT_THE_CLIENT = frozenset({"ip_blocklisted", "poor_reputation", "rate_limited"})


def settles_cause(reply: Reply, stage: Stage) -> bool:
    """Whether control experiments would add nothing to an answer: its own words name the cause, or it
    is a 4yz, for which time is the test. Where this program fails to tell, no more is asked."""
    return recover("the reading of the reply", lambda: _settles_cause(reply, stage), True, step=1)


def _settles_cause(reply: Reply, stage: Stage) -> bool:
    if reply.is_transient:
        return True
    ranking = rank(read_received(reply, stage).evidence, stage=stage, permanent=reply.is_permanent)
    if not words_name_it(ranking):
        return False
    if ranking[0].id != "user_unknown":
        return True
    # "5.0.0 user unknown" is what a domain that takes no mail says of everybody; the status of a server
    # that looked the mailbox up is X.1.1 (RFC 3463 section 3.2). And "recipient rejected" or OpenSMTPD's
    # "invalid recipient" is said of filtered senders and foreign domains as well.
    placeholder = reply.enhanced_status is not None and reply.enhanced_status.is_generic
    return not placeholder and ranking[0].probability >= beside_words().sure_of_unknown


def refuses_this_client(reply: Reply, stage: Stage) -> bool:
    """Whether a refusal says of the connecting address itself that it is not wanted: it is on a list, has
    a bad name, or comes too often. Where this program fails to tell, the host is left alone."""
    return recover("the reading of the reply", lambda: _refuses_this_client(reply, stage), True, step=1)


def _refuses_this_client(reply: Reply, stage: Stage) -> bool:
    if reply.is_positive:
        return False
    ranking = rank(read_received(reply, stage).evidence, stage=stage, permanent=reply.is_permanent)
    return words_name_it(ranking) and ranking[0].id in _ABOUT_THE_CLIENT
