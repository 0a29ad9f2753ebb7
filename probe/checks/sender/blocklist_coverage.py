"""How many blocklists could be believed?

A list counts only when its test entries are right (127.0.0.2 listed, 127.0.0.1 not), and clears nobody
through a resolver that loses its entries: one with as many labels as the question must be found. Lists that
refuse this resolver (127.255.255.x and the like), lists that are dead or answer yes to everything, and lists
that did not answer neither list nor clear anybody. Nor does a list whose answers the resolver itself refuses,
or removes because they are addresses of 127.0.0.0/8 (rebinding protection).

What to do: ask through a resolver of your own instead of a public one (--nameserver), that lets answers of
127.0.0.0/8 through; some lists want a free registration of the resolver's address.
Source: RFC 5782 section 5; RFC 6471 section 3.3; RFC 9156; RFC 8198; the lists' own refusal codes.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice, series
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.listing import ListingStatus
from probe.standards.dnsbl.results import Listing

ID = "blocklist-coverage"
STEP = 6
say = Voice(ID, STEP, ("RFC 5782 section 5",))

_BELIEVED = (ListingStatus.LISTED, ListingStatus.ALLOWED, ListingStatus.NOT_LISTED)


def check(facts: Facts) -> Iterator[Finding]:
    """ok with the count, or a notice that names the lists that could not be used."""
    zones: dict[str, Listing] = {}
    for entry in facts.listings:
        # one zone is asked about several subjects: an answer about any of them shows that it serves us
        if entry.zone not in zones or entry.status in _BELIEVED:
            zones[entry.zone] = entry
    if not zones:
        yield say.not_assessed(
            "blocklists: left out (--no-dnsbl)"
            if not facts.options.dnsbl_enabled
            else "no blocklist was asked"
        )
        return
    believed = [zone for zone, entry in zones.items() if entry.status in _BELIEVED]
    lost = {
        "refused this resolver": _with(zones, ListingStatus.REFUSED),
        "cannot be used": _with(zones, ListingStatus.UNUSABLE),
        "gave no usable answer": _with(zones, ListingStatus.TIMEOUT),
    }
    told = series(f"{len(entries)} {how} ({series(entries)})" for how, entries in lost.items() if entries)
    told += _by_the_resolver(zones)
    evidence = [f"dnsbl:{zone}" for zone in zones]
    if not believed:
        yield say.not_assessed(f"no blocklist could be believed: {told}", evidence, _REMEDY)
    elif told:
        yield say.notice(
            f"{len(believed)} of {len(zones)} blocklists could be believed; {told}", evidence, _REMEDY
        )
    else:
        yield say.ok(f"all {len(zones)} blocklists answered and passed their test{_age(zones)}", evidence)


def _by_the_resolver(zones: dict[str, Listing]) -> str:
    """What the resolver did to lists that are not to blame, once for all of them."""
    reasons = [entry.reason for entry in zones.values() if entry.is_resolvers and entry.reason]
    if not reasons:
        return ""
    others = len(reasons) - 1
    more = f" (and {others} more like it)" if others else ""
    return f": {reasons[0]}{more}"


def _age(zones: dict[str, Listing]) -> str:
    """How old a denial of a signed list may be."""
    signed = {zone: entry.age for zone, entry in zones.items() if entry.age is not None}
    if not signed:
        return ""
    oldest = max(age for age in signed.values() if age is not None)
    return (
        f"; what {series(signed)} says may be up to {oldest} s old: a resolver may conclude from what it "
        "heard before of a signed zone (RFC 8198)"
    )


_REMEDY = (
    "Ask through a resolver of your own (--nameserver), not a public one, that lets 127.0.0.0/8 through."
)


def _with(zones: dict[str, Listing], status: ListingStatus) -> list[str]:
    return [zone for zone, entry in zones.items() if entry.status is status]
