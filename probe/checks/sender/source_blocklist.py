"""Is the sending address on a blocklist?

Looks up the source address on the lists that passed their own test. A listing on a list that large receivers
use (weight 6 and more of 10) is an error, a middling one a warning, the rest worth knowing. A policy listing
(PBL) says only that the address belongs to an end-user range, from which mail should go through a mail
server; it counts only when the mail really leaves from there.

What to do: find and stop the cause (an infected machine, an open relay, a sold list), then ask for delisting
at the list's own page; or send through another server meanwhile.
Source: RFC 5782 sections 2 and 5; RFC 6471; the lists' own descriptions.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import listings
from probe.checks.judging.wording import Voice, no_source_address, source_address
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.listing import ListingStatus
from probe.standards.dnsbl.results import Listing

ID = "source-blocklist"
STEP = 6
say = Voice(ID, STEP, ("RFC 5782 section 2",))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listing of the source address, worst list first."""
    asked = listings.of_roles(facts, "source")
    if not asked:
        yield say.not_assessed(_why_not_asked(facts))
        return
    address = source_address(facts)
    listed = sorted(
        (e for e in asked if e.status is ListingStatus.LISTED), key=lambda e: e.weight, reverse=True
    )
    cleared = [e for e in asked if e.status is ListingStatus.NOT_LISTED]
    for entry in listed:
        yield _listed(facts, entry, address)
    if not listed and cleared:
        yield say.ok(
            f"{address} is on none of the {len(cleared)} blocklists that could be believed"
            if len(cleared) > 1
            else f"{address} is not on {cleared[0].zone}, the only blocklist that could be believed",
            (f"dnsbl:{entry.zone}" for entry in cleared),
        )
    elif not listed:
        yield say.not_assessed(
            f"none of the {len(asked)} blocklists gave an answer about {address} that can be believed",
            (f"dnsbl:{entry.zone}" for entry in asked),
            "Ask through a resolver of your own (--nameserver); public resolvers are refused by most lists.",
        )


def _listed(facts: Facts, entry: Listing, address: str) -> Finding:
    if listings.is_policy(entry):
        return say.of(
            listings.severity(facts, entry),
            f"{address} is on a policy list, {listings.told(entry)}: not a reputation, but mail "
            "should not leave from there directly",
            listings.refs(entry),
            "Send through the mail server of your provider, or have the address taken off the policy list"
            + (f" at {entry.delist_url}." if entry.delist_url else "."),
        )
    return say.of(
        listings.severity(facts, entry),
        f"{address} is on {listings.told(entry)}",
        listings.refs(entry),
        f"Find and stop what caused it{listings.way_out(entry, 'then')}.",
    )


def _why_not_asked(facts: Facts) -> str:
    if not facts.options.dnsbl_enabled:
        return "blocklists: left out (--no-dnsbl)"
    return f"blocklists: {no_source_address(facts) or 'no list for this kind of address was asked'}"
