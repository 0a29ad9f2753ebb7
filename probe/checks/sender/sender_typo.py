"""Does the sender's domain look like a typing mistake?

Compares the reverse-path's domain with those of the large mailbox providers. Mail from a mistyped domain
fails SPF and DMARC, and its bounces go to a stranger or nowhere.

What to do: correct the sender address in the mail program or application.
Source: RFC 5321 section 4.4 (the reverse-path is where failures are reported); the provider domains that
this program knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice, why_not_looked_at
from probe.facts.gaps import Fact
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "sender-typo"
STEP = 6
say = Voice(ID, STEP, ())


def check(facts: Facts) -> Iterator[Finding]:
    """A warning when the sender domain resembles a large provider's, else ok."""
    domain, similar = facts.sender.author_domain, facts.sender.typo_of
    if domain is None:
        yield say("sender-typo-not-looked-at", why=why_not_looked_at(facts, Fact.AUTHOR_DOMAIN))
    elif similar:
        yield say("sender-typo", domain=domain, meant=similar)
    else:
        yield say("sender-no-typo", domain=domain)
