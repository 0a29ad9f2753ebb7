"""Does the recipient's domain look like a typing mistake?

Compares the domain with those of the large mailbox providers (gmial.com, hotmial.com). The address is never
corrected silently: a look-alike domain may exist, may take mail, and may belong to somebody who collects
mistyped mail.

What to do: ask the recipient which domain is right.
Source: RFC 5321 section 3.3 (the address is the recipient's to define); the provider domains that this
program knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "recipient-typo"
STEP = 3
say = Voice(ID, STEP, ())


def check(facts: Facts) -> Iterator[Finding]:
    """A warning when the domain resembles a large provider's, else ok."""
    domain, similar = facts.recipient.domain, facts.recipient.typo_of
    if similar:
        yield say("recipient-typo", _mx_evidence(facts), domain=domain, meant=similar)
    else:
        yield say("recipient-no-typo", domain=domain)


def _mx_evidence(facts: Facts) -> tuple[str, ...]:
    """The MX answers, which show whether the look-alike domain takes mail."""
    return tuple(answer.ref for answer in facts.recipient.mx.answers)
