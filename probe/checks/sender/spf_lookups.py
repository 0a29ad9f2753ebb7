"""Does the SPF record stay within the limit of DNS lookups?

Counts the terms that cost a DNS query (include, a, mx, ptr, exists, redirect; at most 10) and those that
found nothing (at most 2). Beyond either limit the result is permerror for every receiver, whoever sends.
The count is of the terms that were evaluated before one matched; another address may cost more.

What to do: remove includes of services that are no longer used, and name addresses with ip4 and ip6.
Source: RFC 7208 section 4.6.4.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe import settings
from probe.checks.judging.wording import Voice, why_not_looked_at
from probe.facts.gaps import Fact
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.spf.results import SpfResult, SpfVerdict

ID = "spf-lookups"
STEP = 2
say = Voice(ID, STEP, ("RFC 7208 section 4.6.4",))

_NEAR = settings.SPF_LOOKUP_LIMIT - 1  # one more include makes it permerror for every mail


def check(facts: Facts) -> Iterator[Finding]:
    """Beyond the limit as grave as the permerror that it causes; near the limit a notice."""
    result = facts.sender.spf
    if result is None:
        yield say("spf-lookups-not-looked-at", why=why_not_looked_at(facts, Fact.SPF))
        return
    yield say(
        _tag(result, facts),
        result.evidence,
        domain=result.domain,
        lookups=result.lookups,
        void_lookups=result.void_lookups,
        limit=settings.SPF_LOOKUP_LIMIT,
        void_limit=settings.SPF_VOID_LIMIT,
        problem=result.why,
    )


def _tag(result: SpfResult, facts: Facts) -> str:
    is_unknown = result.verdict is SpfVerdict.TEMPERROR
    if result.record is None:
        return "spf-lookups-unanswered" if is_unknown else "spf-lookups-no-record"
    if result.lookups > settings.SPF_LOOKUP_LIMIT or result.void_lookups > settings.SPF_VOID_LIMIT:
        is_harm = result.verdict is SpfVerdict.PERMERROR and facts.sender.alignment.dkim is not True
        return "spf-lookups-beyond" if is_harm else "spf-lookups-beyond-harmless"
    if result.lookups >= _NEAR:
        return "spf-lookups-near"
    return "spf-lookups-partly-unanswered" if is_unknown else "spf-lookups-within"
