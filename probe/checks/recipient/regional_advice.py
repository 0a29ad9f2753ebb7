"""What do sources advise for mail to the recipient's country?

Where the recipient's provider is in a country for which sources give advice (China), and the mail was not
accepted, repeats that advice. It rests on the opinions of people who send there, not on anything seen in this
run, and counts as no evidence for a cause.

What to do: follow what applies to you.
Source: the sources named in the finding, as recorded in knowledge/regions.toml.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.knowledge.regions import advice_for
from probe.model.finding import Finding

ID = "regional-advice"
STEP = 6
say = Voice(ID, STEP, ())


def check(facts: Facts) -> Iterator[Finding]:
    """One notice, or nothing."""
    provider = facts.recipient.provider
    advice = advice_for(provider.country) if provider is not None else None
    if provider is None or advice is None or dialogue.was_accepted(facts):
        return
    yield say.with_sources(advice.source)(
        "regional-advice",
        ("mx-provider",),
        region=advice.title,
        provider=provider.title,
        says=advice.says,
        remedy=advice.remedy,
    )
