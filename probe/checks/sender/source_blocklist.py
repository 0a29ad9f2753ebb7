"""Is the sending address on a blocklist?

Looks up the source address on the lists that passed their own test. A listing on a list that large receivers
use (weight 6 and more of 10) is an error, one of medium weight a warning, the rest a notice. A policy listing
(PBL) says only that the address belongs to an end-user range, from which mail should go through a mail
server; it counts only when the mail really leaves from there.

What to do: find and stop the cause (an infected machine, an open relay, a sold list), only then ask for
delisting at the list's own page. An address on a policy list sends through its provider's server instead.
Source: RFC 5782 sections 2 and 5; RFC 6471; the lists' own descriptions.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import listings
from probe.checks.judging.listings import Gravity
from probe.checks.judging.wording import Voice, source, why_not_looked_at
from probe.facts.gaps import Fact
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.listing import ListingRole, ListingStatus
from probe.standards.dnsbl.results import Listing

ID = "source-blocklist"
STEP = 6
say = Voice(ID, STEP, ("RFC 5782 section 2",))

_TAGS = {
    Gravity.GRAVE: "source-listed-grave",
    Gravity.MIDDLING: "source-listed-middling",
    Gravity.MINOR: "source-listed-minor",
}


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listing of the source address, worst list first."""
    entries = listings.of_roles(facts, ListingRole.SOURCE)
    if not entries:
        yield _not_asked(facts)
        return
    listed = sorted(
        (e for e in entries if e.status is ListingStatus.LISTED), key=lambda e: e.weight, reverse=True
    )
    zones = [e.zone for e in entries if e.status is ListingStatus.NOT_LISTED]
    for entry in listed:
        yield say(_tag(facts, entry), listings.refs(entry), **source(facts) | listings.values(entry))
    if not listed and zones:
        evidence = (f"dnsbl:{zone}" for zone in zones)
        yield say("source-not-listed", evidence, count=len(zones), zones=zones, **source(facts))
    elif not listed:
        evidence = (f"dnsbl:{entry.zone}" for entry in entries)
        yield say("source-lists-silent", evidence, count=len(entries), **source(facts))


def _tag(facts: Facts, entry: Listing) -> str:
    gravity = listings.gravity(facts, entry)
    if not listings.is_policy(entry):
        return _TAGS[gravity]
    return "source-policy-listed" if gravity is Gravity.MIDDLING else "source-policy-listed-elsewhere"


def _not_asked(facts: Facts) -> Finding:
    if not facts.options.dnsbl_enabled:
        return say("source-lists-left-out")
    if facts.vantage.source_ip is None:
        return say("source-lists-no-address", why=why_not_looked_at(facts, Fact.SOURCE_IP))
    return say("source-lists-not-asked")
