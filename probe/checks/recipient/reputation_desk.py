"""Where can senders ask the recipient's provider about their mail?

Large providers keep their own reputation of addresses and domains, which no public blocklist shows. Several
have a desk for senders (Google Postmaster Tools, Microsoft SNDS, Yahoo Sender Hub, and others), where a
sender sees complaints or traffic, or appeals against a block. Few show the reputation itself: Google's no
longer does.

What to do: register the sending domain or address there before there is trouble, and look there when mail is
refused or junked without another finding.
Source: the provider's own pages, as recorded in knowledge/providers.toml.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "reputation-desk"
STEP = 6
say = Voice(ID, STEP, ())


def check(facts: Facts) -> Iterator[Finding]:
    """A notice with the desk's address where one is known."""
    provider = facts.recipient.provider
    if provider is None:
        yield say("desk-of-unknown-provider")
    elif provider.desk is None:
        yield say("desk-not-known", provider=provider.title)
    else:
        desk, url = provider.desk
        yield say(
            "desk-known",
            ("mx-provider",),
            provider=provider.title,
            desk=desk,
            url=url,
            shows=provider.desk_shows,
            request=provider.desk_request,
        )
