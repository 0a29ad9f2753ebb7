"""Is the sender's domain, or the EHLO name, on a blocklist?

Looks up the reverse-path's domain, the author domain and the EHLO name on domain blocklists. Receivers apply
these lists to the envelope, to the From header and to links alike.

What to do: find out what was sent in the name of the domain, stop it (stolen account, hacked site, bought
addresses), then ask for delisting at the list's own page.
Source: RFC 5782 section 2.2; the lists' own descriptions.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import listings
from probe.checks.judging.wording import Voice, not_looked_at, series
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.listing import ListingStatus

ID = "domain-blocklist"
STEP = 6
say = Voice(ID, STEP, ("RFC 5782 section 2.2",))

_WHOSE = {"sender_domain": "the sender domain", "helo": "the EHLO name"}


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listing of a sender's name."""
    asked = listings.of_roles(facts, *_WHOSE)
    if not asked:
        why = "left out (--no-dnsbl)" if not facts.options.dnsbl_enabled else None
        yield say.not_assessed(f"domain blocklists: {why or not_looked_at(facts)}")
        return
    listed = [entry for entry in asked if entry.status is ListingStatus.LISTED]
    cleared = [entry for entry in asked if entry.status is ListingStatus.NOT_LISTED]
    for entry in listed:
        yield say.of(
            listings.severity(facts, entry),
            f"{_WHOSE[entry.role]} {entry.subject} is on {listings.told(entry)}",
            listings.refs(entry),
            f"Find and stop what caused it{listings.way_out(entry, 'then')}.",
        )
    if not listed and cleared:
        subjects = series(dict.fromkeys(entry.subject for entry in cleared))
        yield say.ok(
            f"no domain blocklist that could be believed lists {subjects}",
            (f"dnsbl:{entry.zone}" for entry in cleared),
        )
    elif not listed:
        yield say.not_assessed(
            "no domain blocklist gave an answer that can be believed",
            (f"dnsbl:{entry.zone}" for entry in asked),
            "Ask through a resolver of your own (--nameserver).",
        )
