"""Is the sending address a public one?

A private, loopback or documentation address is behind address translation or inside a test network: the
Internet sees another address, and SPF, PTR and blocklists for this one mean nothing outside.

What to do: find the public address that the sending server uses (the Received field of a delivered message
shows it) and give it with --ip.
Source: RFC 6890; RFC 1918; RFC 4193; RFC 5737.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.public_address import why_not_public
from probe.checks.judging.wording import Voice, why_not_looked_at
from probe.facts.gaps import Fact
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.wording.spoken import clause

ID = "source-private"
STEP = 6
say = Voice(ID, STEP, ("RFC 6890",))


def check(facts: Facts) -> Iterator[Finding]:
    """A warning for a non-global address; nothing if such addresses were allowed by an option."""
    ip = facts.vantage.source_ip
    if ip is None:
        yield say("source-not-known", ("vantage",), why=why_not_looked_at(facts, Fact.SOURCE_IP))
        return
    kind = why_not_public(facts, ip)
    if kind is None:
        tag = "source-public"
    else:
        tag = "source-not-public-on-purpose" if facts.options.allow_private else "source-not-public"
    yield say(tag, ("vantage",), ip=ip, kind=clause(kind) if kind is not None else None)
