"""Is a local part longer than servers must take?

Servers must take 64 octets before the @; many take more, and addresses that a program makes (VERP, SRS, BATV)
need it. Such an address is asked about as it stands; some servers on the way may refuse it.

What to do: nothing while the server takes it; where it is refused, use an address with a shorter local part,
or have the program that makes it (the forwarder, the mailing list) make shorter ones.
Source: RFC 5321 sections 4.5.3.1 and 4.5.3.1.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.address import Mailbox
from probe.model.finding import Finding
from probe.model.target import PairTarget

ID = "local-part-length"
STEP = 3
say = Voice(ID, STEP, ("RFC 5321 section 4.5.3.1.1",))

_LIMIT = 64  # octets


def check(facts: Facts) -> Iterator[Finding]:
    """A notice for each long local part; nothing for the others."""
    if not isinstance(facts.target, PairTarget):
        return
    for path in (facts.target.reverse_path, facts.target.forward_path):
        if isinstance(path, Mailbox) and path.local_octets > _LIMIT:
            yield say("local-part-long", address=path, octets=path.local_octets, limit=_LIMIT)
