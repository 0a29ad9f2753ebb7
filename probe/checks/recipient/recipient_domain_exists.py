"""Does the recipient's domain exist?

NXDOMAIN means that no such name exists in DNS: mail to it can never be delivered. A name without mail records
is a different case, and so is a DNS server that does not answer.

What to do: check the spelling of the domain with the recipient; if the domain is yours, check that it is
registered, paid for and delegated.
Source: RFC 5321 section 5.1; RFC 2308 section 2.1; RFC 8020.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice, failures
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.dns.results import RouteKind

ID = "recipient-domain-exists"
STEP = 2
say = Voice(ID, STEP, ("RFC 5321 section 5.1",))


def check(facts: Facts) -> Iterator[Finding]:
    """Fatal for NXDOMAIN, not assessed where DNS did not say or was not needed."""
    mx = facts.recipient.mx
    evidence = [answer.ref for answer in mx.answers]
    match mx.kind:
        case RouteKind.NO_DOMAIN:
            yield say("recipient-domain-missing", evidence, domain=mx.domain)
        case RouteKind.UNKNOWN:
            yield say("recipient-domain-unanswered", evidence, domain=mx.domain, **failures(mx.all_answers))
        case RouteKind.ADDRESS_LITERAL:
            yield say("recipient-domain-literal", domain=mx.domain)
        case RouteKind.FIXED:
            yield say("recipient-domain-not-asked", evidence, domain=mx.domain)
        case _:
            yield say("recipient-domain-exists", evidence, domain=mx.domain)
