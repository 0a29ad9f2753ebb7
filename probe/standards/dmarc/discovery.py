"""DMARC policy discovery by RFC 9989 section 4.10.1, and by RFC 7489 for comparison."""

from __future__ import annotations

from collections.abc import Mapping

from probe.model.dmarc_record import DmarcReason, DmarcWhy
from probe.model.near_miss import NearMiss, Place
from probe.standards.dmarc.record import InvalidRecord, is_dmarc_record
from probe.standards.dmarc.results import DmarcRecord, DmarcResult
from probe.standards.dmarc.tree_walk import PublishedRecord, TreeWalk, question, walk, walk_names
from probe.standards.dns.message import Answer, Question, RecordType, Resolution, Status
from probe.standards.near_miss import near_miss
from probe.standards.public_suffix import PublicSuffix, organizational_domain

# RFC 9989 section 4.7, t=y: the policy applied is one level below the one declared.
_ONE_LEVEL_BELOW = {"reject": "quarantine", "quarantine": "none", "none": "none"}


def discover(
    author_domain: str, public_suffix: PublicSuffix = organizational_domain
) -> Resolution[DmarcResult]:
    """Find the record and policy for an author domain (A-labels, no trailing dot).

    All names of the tree walk are asked at once, the organizational domain of RFC 7489 and the MX
    of the author domain with them: one round trip instead of up to eight. The MX answer tells
    whether the domain exists, which decides between sp= and np=.
    """
    registered = public_suffix(author_domain)
    names = dict.fromkeys((*walk_names(author_domain), *([registered] if registered else [])))
    existence = Question(author_domain, RecordType.MX)
    questions = (*(question(name) for name in names), existence)
    answers = dict(zip(questions, (yield questions), strict=True))
    tree = walk(author_domain, answers)
    applicable = _applicable(tree)
    record = applicable if isinstance(applicable, DmarcRecord) else None
    exists = _exists(answers[existence])
    walk_answers = tuple(answers[question(name)] for name in walk_names(author_domain))
    return DmarcResult(
        author_domain=author_domain,
        record=record,
        applied_policy=applied_policy(record, author_domain, exists) if record else None,
        organizational_domain=tree.organizational_domain,
        rfc7489_record_domain=_rfc7489_record_domain(author_domain, registered, answers),
        rfc7489_organizational_domain=registered,
        unknown=applicable is None and bool(tree.unknown),
        invalid_records=(*tree.discarded, *_invalid(tree)),
        near=None if applicable is not None else _near(walk_answers),
        unanswered=tuple(_unanswered(a) for a in walk_answers if a.is_unknown),
        evidence=tuple(a.ref for a in walk_answers if a.txts()) or tuple(a.ref for a in walk_answers[:1]),
    )


def applied_policy(record: DmarcRecord, author_domain: str, exists: bool | None) -> str | None:
    """What a receiver applies to mail of `author_domain` that fails DMARC: none, quarantine, reject.

    `exists` says whether the author domain is in DNS (RFC 9989 section 3.2.13: no NXDOMAIN); None
    when DNS did not say, and then the result is None if it would make a difference.
    """
    if_exists = record.subdomain_policy or record.policy
    if_absent = record.nonexistent_policy or if_exists
    if record.domain == author_domain:
        policy = record.policy  # sp= and np= speak of subdomains alone
    elif exists is None and if_exists != if_absent:
        return None
    else:
        policy = if_absent if exists is False else if_exists
    return _ONE_LEVEL_BELOW[policy] if record.testing else policy


def _applicable(tree: TreeWalk) -> PublishedRecord | None:
    """RFC 9989 section 4.10.1: the author domain's record, else that of its organizational domain,
    else that of its public suffix domain. None when there is none, or DNS leaves it open."""
    own = tree.at(tree.start)
    if own is not None:
        return own
    if tree.start in tree.unknown:
        return None  # the unanswered name might hold the record that applies
    organizational = tree.at(tree.organizational_domain)
    if organizational is not None:
        return organizational
    if tree.organizational_domain in tree.unknown:
        return None
    return next((record for record in tree.records_found if record.psd == "y"), None)


def _invalid(tree: TreeWalk) -> tuple[DmarcWhy, ...]:
    return tuple(record.problem for record in tree.records_found if isinstance(record, InvalidRecord))


def _unanswered(answer: Answer) -> DmarcWhy:
    name, rtype = answer.question.name, answer.question.rtype.value
    return DmarcWhy(DmarcReason.UNANSWERED, host=name, rtype=rtype, failure=answer.failure)


def _near(walk_answers: tuple[Answer, ...]) -> NearMiss | None:
    """Records that are nearly a DMARC record, at the author domain first."""
    misses = (near_miss(Place.DMARC, (txt.data for txt in answer.txts())) for answer in walk_answers)
    return next((miss for miss in misses if miss is not None), None)


def _exists(answer: Answer) -> bool | None:
    if answer.is_unknown:
        return None
    # Behind an alias the response code speaks of the alias's target (RFC 6604 section 3).
    return answer.status is not Status.NXDOMAIN or bool(answer.aliases)


def _rfc7489_record_domain(
    author_domain: str, registered: str | None, answers: Mapping[Question, Answer]
) -> str | None:
    """RFC 7489 section 6.6.3: the author domain, then the organizational domain, nothing between."""
    for name in dict.fromkeys((author_domain, registered)):
        if name is None or answers[question(name)].is_unknown:
            return None
        count = sum(is_dmarc_record(txt.data) for txt in answers[question(name)].txts())
        if count:  # step 5: several records end the discovery without one
            return name if count == 1 else None
    return None
