"""Identifier alignment: whether SPF and DKIM identifiers align with the author domain (RFC 9989 section
4.4)."""

from __future__ import annotations

from collections.abc import Mapping

from probe.standards.dmarc.results import Alignment, DmarcResult
from probe.standards.dmarc.tree_walk import question, walk, walk_names
from probe.standards.dns.message import Answer, Question, Resolution
from probe.standards.public_suffix import PublicSuffix, organizational_domain


def alignment(
    dmarc: DmarcResult | None,
    spf_domain: str | None,
    dkim_domains: tuple[str, ...],
    public_suffix: PublicSuffix = organizational_domain,
) -> Resolution[Alignment]:
    """Judge the SPF domain (MAIL FROM, or HELO under a null reverse-path) and the signing domains.

    `dmarc` is the discovery for the author domain; None (no author domain) leaves all open. No
    domain given: None. For DKIM one aligned domain is enough. Where strict comparison, identity or
    an unanswered discovery do not settle it, the tree walks of all domains in question are asked at
    once. Without any DMARC record there is no organizational domain to find, so the registered
    domains are compared: what would align as soon as a record is published there.
    """
    if dmarc is None:
        return Alignment(None, None)
    others = tuple(dict.fromkeys((*([spf_domain] if spf_domain else []), *dkim_domains)))
    names = dict.fromkeys(name for other in others if _needs_walk(dmarc, other) for name in walk_names(other))
    answers: Mapping[Question, Answer] = {}
    if names:
        questions = tuple(question(name) for name in names)
        answers = dict(zip(questions, (yield questions), strict=True))
    record = dmarc.record
    strict_spf = record is not None and record.aspf == "s"
    strict_dkim = record is not None and record.adkim == "s"

    def is_aligned(other: str, strict: bool) -> bool | None:
        if other == dmarc.author_domain:
            return True
        if strict:
            return False
        return _relaxed(dmarc, other, answers, public_suffix)

    spf = is_aligned(spf_domain, strict_spf) if spf_domain else None
    dkim = [is_aligned(domain, strict_dkim) for domain in dkim_domains]
    return Alignment(spf, _any_known(dkim))


def _needs_walk(dmarc: DmarcResult, other: str) -> bool:
    if dmarc.record is None or other == dmarc.author_domain:
        return False
    return not (dmarc.record.aspf == "s" and dmarc.record.adkim == "s")


def _relaxed(
    dmarc: DmarcResult, other: str, answers: Mapping[Question, Answer], public_suffix: PublicSuffix
) -> bool | None:
    if dmarc.unknown:
        return None
    if dmarc.record is None:
        registered = public_suffix(dmarc.author_domain)
        return registered is not None and registered == public_suffix(other)
    tree = walk(other, answers)
    if tree.organizational_domain == dmarc.organizational_domain:
        return True
    # A name that did not answer may hold the record that makes them one organization, but only
    # when it is an ancestor of both.
    may_be_common = any(_contains(name, dmarc.author_domain) for name in tree.unknown)
    return None if may_be_common else False


def _contains(parent: str, domain: str) -> bool:
    return domain == parent or domain.endswith(f".{parent}")


def _any_known(results: list[bool | None]) -> bool | None:
    if True in results:
        return True
    return None if not results or None in results else False
