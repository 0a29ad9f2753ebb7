"""Is the sender's domain, or the EHLO name, on a blocklist?

Looks up the reverse-path's domain, the author domain and the EHLO name on domain blocklists. Receivers apply
these lists to the envelope, to the From header and to links alike.

What to do: find out what was sent in the name of the domain, stop it (stolen account, hacked site, bought
addresses), and only then ask for delisting at the list's own page.
Source: RFC 5782 section 2.2; the lists' own descriptions.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import listings
from probe.checks.judging.listings import Gravity
from probe.checks.judging.wording import Voice, why_not_looked_at
from probe.facts.gaps import Fact
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.listing import ListingRole, ListingStatus
from probe.model.observed import Gap

ID = "domain-blocklist"
STEP = 6
say = Voice(ID, STEP, ("RFC 5782 section 2.2",))

_TAGS = {
    Gravity.GRAVE: "domain-listed-grave",
    Gravity.MIDDLING: "domain-listed-middling",
    Gravity.MINOR: "domain-listed-minor",
}


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listing of a sender's name."""
    entries = listings.of_roles(facts, ListingRole.SENDER_DOMAIN, ListingRole.HELO)
    if not entries and not facts.options.dnsbl_enabled:
        yield say("domain-lists-left-out")
        return
    if not entries:
        yield say("domain-lists-not-looked-at", why=_why_not(facts))
        return
    listed = [entry for entry in entries if entry.status is ListingStatus.LISTED]
    not_listed = [entry for entry in entries if entry.status is ListingStatus.NOT_LISTED]
    for entry in listed:
        yield say(
            _TAGS[listings.gravity(facts, entry)],
            listings.refs(entry),
            role=entry.role,
            **listings.values(entry),
        )
    if not listed and not_listed:
        subjects = list(dict.fromkeys(entry.subject for entry in not_listed))
        yield say("domain-not-listed", (f"dnsbl:{entry.zone}" for entry in not_listed), subjects=subjects)
    elif not listed:
        yield say("domain-lists-silent", (f"dnsbl:{entry.zone}" for entry in entries))


def _why_not(facts: Facts) -> Gap:
    """Why nothing was looked up: there is no sender domain, or the lists were not reached."""
    return why_not_looked_at(facts, Fact.LISTINGS if facts.sender.domain is not None else Fact.DOMAIN)
