"""Does the SPF record keep to its limit of DNS lookups?

Counts the terms that cost a DNS query (include, a, mx, ptr, exists, redirect; at most 10) and those that
found nothing (at most 2). Beyond either limit the result is permerror for every receiver, whoever sends.
The count is of the terms that were evaluated before one matched; another address may cost more.

What to do: remove includes of services that are no longer used, and name addresses with ip4 and ip6.
Source: RFC 7208 section 4.6.4.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe import settings
from probe.checks.judging.wording import Voice, not_looked_at
from probe.facts.model import Facts
from probe.model.finding import Finding, Severity
from probe.standards.spf.results import SpfVerdict

ID = "spf-lookups"
STEP = 2
say = Voice(ID, STEP, ("RFC 7208 section 4.6.4",))

_NEAR = settings.SPF_LOOKUP_LIMIT - 1  # one more include and every mail has a permerror


def check(facts: Facts) -> Iterator[Finding]:
    """An error beyond the limit (as grave as the permerror it makes), a notice near it."""
    result = facts.sender.spf
    if result is None:
        yield say.not_assessed(f"SPF lookups: {not_looked_at(facts)}")
        return
    if result.record is None:
        unknown = result.verdict is SpfVerdict.TEMPERROR
        why = "no usable answer from DNS for" if unknown else "no SPF record at"
        yield say.not_assessed(f"SPF lookups: {why} {result.domain}", result.evidence)
        return
    counts = f"{result.lookups} DNS lookups and {result.void_lookups} void ones"
    limits = f"(at most {settings.SPF_LOOKUP_LIMIT} and {settings.SPF_VOID_LIMIT})"
    beyond = result.lookups > settings.SPF_LOOKUP_LIMIT or result.void_lookups > settings.SPF_VOID_LIMIT
    if beyond:
        grave = result.verdict is SpfVerdict.PERMERROR and facts.sender.alignment.dkim is not True
        yield say.of(
            Severity.ERROR if grave else Severity.WARNING,
            f"the SPF record of {result.domain} needs at least {counts} {limits}",
            result.evidence,
            "Remove includes that are not needed, and name addresses with ip4: and ip6:.",
        )
    elif result.lookups >= _NEAR:
        yield say.notice(
            f"the SPF record of {result.domain} needs {counts} {limits}: "
            "there is hardly room for another include",
            result.evidence,
            "Remove includes that are not needed.",
        )
    elif result.verdict is SpfVerdict.TEMPERROR:
        yield say.not_assessed(
            f"SPF lookups of {result.domain}: not all of them were answered ({result.problem})",
            result.evidence,
        )
    else:
        yield say.ok(f"the SPF record of {result.domain} needed {counts} {limits}", result.evidence)
