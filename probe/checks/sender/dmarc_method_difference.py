"""Do old and new DMARC find the same record?

RFC 9989 finds the organizational domain by walking up the DNS tree; RFC 7489 used the public suffix list.
Receivers move from one to the other at their own time. Where the answers differ, one receiver applies
another policy, or another alignment, than the next.

What to do: publish a DMARC record at the author domain itself, and the tag psd=n at the organizational
domain where the walk would stop too late.
Source: RFC 9989 sections 4.10 and 4.10.2; RFC 7489 section 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice, not_looked_at
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "dmarc-method-difference"
STEP = 2
say = Voice(ID, STEP, ("RFC 9989 section 4.10", "RFC 7489 section 3.2"))


def check(facts: Facts) -> Iterator[Finding]:
    """A notice where the two methods part, else ok."""
    result = facts.sender.dmarc
    if result is None:
        yield say.not_assessed(f"DMARC methods: {not_looked_at(facts)}")
        return
    if result.unknown or result.rfc7489_organizational_domain is None:
        yield say.not_assessed(
            f"DMARC methods for {result.author_domain}: the answers are incomplete", result.evidence
        )
        return
    new_record = result.record.domain if result.record else None
    new = (new_record, result.organizational_domain)
    old = (result.rfc7489_record_domain, result.rfc7489_organizational_domain)
    if new == old:
        yield say.ok(f"both methods find the same DMARC answer for {result.author_domain}", result.evidence)
    else:
        yield say.notice(
            f"DMARC methods differ for {result.author_domain}: RFC 9989 finds {_words(new)}, "
            f"RFC 7489 {_words(old)}",
            result.evidence,
            f"Publish a DMARC record at _dmarc.{result.author_domain} itself.",
        )


def _words(answer: tuple[str | None, str]) -> str:
    record, organization = answer
    found = f"a record at {record}" if record else "no record"
    return f"{found} (organizational domain {organization})"
