"""Are the domains that the message links to on a blocklist?

Looks up the hosts of the links on domain blocklists. One listed link is enough for many filters to refuse the
whole message after DATA.

What to do: remove the link, or have the domain delisted after cleaning the site behind it.
Source: RFC 5782 sections 2.1 and 5; the lists' own descriptions.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import listings
from probe.checks.judging.wording import Voice, series
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.listing import ListingStatus

ID = "message-link-blocklist"
STEP = 5
say = Voice(ID, STEP, ("RFC 5782 section 2",))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listing of a linked domain."""
    if facts.message is None:
        return
    if not facts.message.links:
        yield say.ok("the message has no links to look up", ("message",))
        return
    asked = listings.of_roles(facts, "link")
    listed = [entry for entry in asked if entry.status is ListingStatus.LISTED]
    cleared = [entry for entry in asked if entry.status is ListingStatus.NOT_LISTED]
    for entry in listed:
        yield say.of(
            listings.severity(facts, entry),
            f"a link of the message leads to {entry.subject}, which is on {listings.told(entry)}",
            listings.refs(entry),
            f"Remove the link{listings.way_out(entry, 'or')}.",
        )
    if not listed and cleared:
        subjects = series(dict.fromkeys(entry.subject for entry in cleared))
        yield say.ok(f"the linked domains are on no list that answered: {subjects}",
                     (ref for entry in cleared for ref in listings.refs(entry)))  # fmt: skip
    elif not listed:
        yield say.not_assessed("no domain blocklist answered for the links of the message")
