"""How many blocklists gave usable answers?

A list counts only when its test entries are right (127.0.0.2 listed, 127.0.0.1 not), and its "not listed"
counts only if the resolver also finds a test entry with as many labels as the question. Lists that refuse
this resolver (127.255.255.x and the like), lists that are dead or answer yes to everything, and lists that
did not answer are not counted, neither as listed nor as not listed. The same holds for a list whose answers
the resolver refuses, or removes because they are addresses of 127.0.0.0/8 (rebinding protection).

What to do: ask through a resolver of your own instead of a public one (--nameserver), that lets answers of
127.0.0.0/8 through; some lists want a free registration of the resolver's address.
Source: RFC 5782 section 5; RFC 6471 section 3.3; RFC 9156; RFC 8198; the lists' own refusal codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from probe.checks.judging.listings import reason_of
from probe.checks.judging.wording import Values, Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.listing import ListingStatus
from probe.standards.dnsbl.results import Listing

ID = "blocklist-coverage"
STEP = 6
say = Voice(ID, STEP, ("RFC 5782 section 5",))

_BELIEVED = (ListingStatus.LISTED, ListingStatus.ALLOWED, ListingStatus.NOT_LISTED)
_LOST = {
    "refused": ListingStatus.REFUSED,
    "unusable": ListingStatus.UNUSABLE,
    "silent": ListingStatus.TIMEOUT,
}


def check(facts: Facts) -> Iterator[Finding]:
    """ok with the count, or a notice that names the lists that could not be used."""
    zones: dict[str, Listing] = {}
    for entry in facts.listings:
        # a zone is asked about several subjects: one answer shows that it serves this resolver
        if entry.zone not in zones or entry.status in _BELIEVED:
            zones[entry.zone] = entry
    if not zones:
        yield say("blocklists-not-asked" if facts.options.dnsbl_enabled else "blocklists-left-out")
        return
    usable_count = sum(entry.status in _BELIEVED for entry in zones.values())
    evidence = [f"dnsbl:{zone}" for zone in zones]
    if not usable_count:
        yield say("blocklists-not-believed", evidence, asked=len(zones), **_losses(zones))
    elif usable_count < len(zones):
        yield say(
            "blocklists-partly-believed", evidence, believed=usable_count, asked=len(zones), **_losses(zones)
        )
    else:
        yield say("blocklists-believed", evidence, asked=len(zones), **_age(zones))


def _losses(zones: Mapping[str, Listing]) -> Values:
    """The lists without a usable answer, grouped by reason; and one entry for the lists whose answers the
    resolver itself removed or refused."""
    unusable = {
        how: [zone for zone, entry in zones.items() if entry.status is status]
        for how, status in _LOST.items()
    }
    by_resolver = [entry for entry in zones.values() if entry.is_resolvers and entry.reasons]
    return {
        "lost": [how for how, those in unusable.items() if those],
        **unusable,
        "reason": reason_of(by_resolver[0]) if by_resolver else "",
        "reason_tags": [it.tag.value for it in by_resolver[0].reasons] if by_resolver else [],
        "more_reasons": max(0, len(by_resolver) - 1),
    }


def _age(zones: Mapping[str, Listing]) -> Values:
    """How old a denial of a signed list may be."""
    ages = {zone: entry.age for zone, entry in zones.items() if entry.age is not None}
    return {"signed": list(ages), "age_s": max(ages.values(), default=0)}
