"""Are the domains that the message links to on a blocklist?

Looks up the hosts of the links on domain blocklists. One listed link is enough for many filters to refuse the
whole message after DATA.

What to do: remove the link, or have the domain delisted after cleaning the site behind it.
Source: RFC 5782 sections 2.1 and 5; the lists' own descriptions.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import listings
from probe.checks.judging.listings import Gravity
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.listing import ListingRole, ListingStatus

ID = "message-link-blocklist"
STEP = 5
say = Voice(ID, STEP, ("RFC 5782 section 2",))

_TAGS = {
    Gravity.GRAVE: "link-listed-grave",
    Gravity.MIDDLING: "link-listed-middling",
    Gravity.MINOR: "link-listed-minor",
}


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listing of a linked domain."""
    if facts.message is None:
        return
    if not facts.message.links:
        yield say("message-without-links-to-look-up", ("message",))
        return
    entries = listings.of_roles(facts, ListingRole.LINK)
    listed = [entry for entry in entries if entry.status is ListingStatus.LISTED]
    not_listed = [entry for entry in entries if entry.status is ListingStatus.NOT_LISTED]
    for entry in listed:
        tag = _TAGS[listings.gravity(facts, entry)]
        yield say(tag, listings.refs(entry), **listings.values(entry))
    if not listed and not_listed:
        subjects = list(dict.fromkeys(entry.subject for entry in not_listed))
        evidence = (ref for entry in not_listed for ref in listings.refs(entry))
        yield say("links-not-listed", evidence, subjects=subjects)
    elif not listed:
        yield say("link-lists-silent")
