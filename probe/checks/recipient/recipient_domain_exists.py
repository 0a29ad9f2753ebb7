"""Does the recipient's domain exist?

NXDOMAIN means that no such name exists in DNS: mail to it can never be delivered. That is another thing
than a name without mail records, and than a DNS server that does not answer.

What to do: check the spelling of the domain with the recipient; if the domain is yours, check that it is
registered, paid for and delegated.
Source: RFC 5321 section 5.1; RFC 2308 section 2.1; RFC 8020.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice, series
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.dns.results import MxResult, RouteKind

ID = "recipient-domain-exists"
STEP = 2
say = Voice(ID, STEP, ("RFC 5321 section 5.1",))


def check(facts: Facts) -> Iterator[Finding]:
    """Fatal for NXDOMAIN, not assessed where DNS did not say or was not needed."""
    mx = facts.recipient.mx
    evidence = [answer.ref for answer in mx.answers]
    if mx.kind is RouteKind.NO_DOMAIN:
        yield say.fatal(
            f"{mx.domain} does not exist: DNS answers NXDOMAIN",
            evidence,
            "Check the spelling of the domain with the recipient.",
        )
    elif mx.kind is RouteKind.UNKNOWN:
        yield say.not_assessed(
            f"DNS did not say whether {mx.domain} exists: {failures(mx)}",
            evidence,
            "Try again, and with another resolver (--nameserver).",
        )
    elif mx.kind is RouteKind.ADDRESS_LITERAL:
        yield say.not_assessed(f"{mx.domain} is an address literal, which needs no DNS")
    elif mx.kind is RouteKind.FIXED:
        yield say.not_assessed(f"the host was given with --mx, {mx.domain} was not asked for", evidence)
    else:
        yield say.ok(f"{mx.domain} exists", evidence)


def failures(mx: MxResult) -> str:
    """What came instead of an answer, one clause."""
    answers = [*mx.answers, *(answer for host in mx.hosts for answer in host.answers)]
    seen = [f"{a.question}: {a.failure}" for a in answers if a.is_unknown]
    return series(dict.fromkeys(seen), most=3) or "it was not asked"
