"""Do old and new DMARC find the same record?

RFC 9989 finds the organizational domain by walking up the DNS tree; RFC 7489 used the public suffix list.
Receivers change from one to the other at different times. Where the answers differ, one receiver applies
another policy, or another alignment, than the next.

What to do: publish a DMARC record at the author domain itself, and the tag psd=n at the organizational domain
if the walk would stop too late.
Source: RFC 9989 sections 4.10 and 4.10.2; RFC 7489 section 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice, why_not_looked_at
from probe.facts.gaps import Fact
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "dmarc-method-difference"
STEP = 2
say = Voice(ID, STEP, ("RFC 9989 section 4.10", "RFC 7489 section 3.2"))


def check(facts: Facts) -> Iterator[Finding]:
    """A notice if the two methods differ, else ok."""
    result = facts.sender.dmarc
    if result is None:
        yield say("dmarc-methods-not-looked-at", why=why_not_looked_at(facts, Fact.DMARC))
        return
    if result.unknown or result.rfc7489_organizational_domain is None:
        yield say("dmarc-methods-incomplete", result.evidence, author=result.author_domain)
        return
    record = result.record.domain if result.record else None
    new = (record, result.organizational_domain)
    old = (result.rfc7489_record_domain, result.rfc7489_organizational_domain)
    yield say(
        "dmarc-methods-agree" if new == old else "dmarc-methods-differ",
        result.evidence,
        author=result.author_domain,
        record=record,
        organization=result.organizational_domain,
        old_record=result.rfc7489_record_domain,
        old_organization=result.rfc7489_organizational_domain,
    )
