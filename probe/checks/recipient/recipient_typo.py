"""Does the recipient's domain look like a typing mistake?

Compares the domain with those of the large mailbox providers (gmial.com, hotmial.com). The address is never
corrected silently: a look-alike domain may exist, may take mail, and may belong to somebody who collects
mistyped mail. A label that begins with xn-- and stands for no characters is one that no registry gives out:
it was cut or mistyped on its way.

What to do: ask the recipient which domain is right.
Source: RFC 5321 section 3.3 (the address is the recipient's to define); RFC 5890 section 2.3.2.1 (fake
A-labels); the provider domains that this program knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.address_parse import label_of_no_characters
from probe.model.finding import Finding

ID = "recipient-typo"
STEP = 3
say = Voice(ID, STEP, ())


def check(facts: Facts) -> Iterator[Finding]:
    """A warning when the domain resembles a large provider's or is no name that is given out, else ok."""
    domain, similar = facts.recipient.domain, facts.recipient.typo_of
    if similar:
        yield say("recipient-typo", _mx_evidence(facts), domain=domain, meant=similar)
    elif label := label_of_no_characters(domain):
        yield say("recipient-fake-a-label", _mx_evidence(facts), domain=domain, label=label)
    else:
        yield say("recipient-no-typo", domain=domain)


def _mx_evidence(facts: Facts) -> tuple[str, ...]:
    """The MX answers, which show whether the look-alike domain takes mail."""
    return tuple(answer.ref for answer in facts.recipient.mx.answers)
