"""Does the sender meet what the recipient's provider asks for?

Compares the facts with the known sender requirements of the recipient's provider (Google, Yahoo, Microsoft,
Apple, QQ, NetEase, Alibaba and others). A broken requirement for all senders is an error; one for bulk
senders is an error only when the message looks like a mailing, else a notice. What cannot be seen from here
(complaint rates, volumes) is reported as unknown, not guessed. A requirement without a source of its own
counts less, and one that was last checked a year or more before the run is shown with that date.

What to do: mend the named record or setting before the next mail to this provider.
Source: the providers' sender guidelines, as recorded in knowledge/requirements.toml with date and place.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from probe.checks.judging.needs import Standing, standing
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.knowledge.requirements import Need, Requirement, for_provider
from probe.model.finding import Finding

ID = "provider-requirements"
STEP = 2
OLD_DAYS = 365  # age of the last check of a rule; the large providers change theirs about once a year
say = Voice(ID, STEP, ())


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each broken requirement; one for all that are met; one for all not known."""
    provider = facts.recipient.provider
    if provider is None:
        yield say("provider-not-known")
        return
    requirements = [it for it in for_provider(provider.id) if _applies(it, facts)]
    if not requirements:
        yield say("provider-without-known-requirements", provider=provider.title)
        return
    count = 0
    unseen: list[str] = []
    for requirement in requirements:
        standings = {need: standing(need, facts) for need in requirement.needs}
        unmet = {need: stand for need, stand in standings.items() if stand.is_met is False}
        if unmet:
            yield _broken(requirement, unmet, facts)
        elif all(stand.is_met for stand in standings.values()):
            count += 1
        else:
            unseen.append(requirement.id)
    if count:
        yield say(
            "requirements-met", ("mx-provider",), met=count, known=len(requirements), provider=provider.title
        )
    if unseen:
        yield say("requirements-not-visible", requirements=unseen, provider=provider.title)


def _applies(requirement: Requirement, facts: Facts) -> bool:
    ip = facts.vantage.source_ip
    return requirement.applies_to != "ipv6" or (ip is not None and ip.version == 6)


def _broken(requirement: Requirement, unmet: dict[Need, Standing], facts: Facts) -> Finding:
    is_mailing = facts.message is not None and facts.message.bulk
    binding = requirement.applies_to != "bulk" or is_mailing
    standings = list(unmet.values())
    is_confirmed = requirement.confirmed == "yes"
    tag = "requirement-broken" if is_confirmed else "requirement-unconfirmed-broken"
    return say.with_sources(requirement.source)(
        tag if binding else "requirement-of-mailings-broken",
        (f"requirement:{requirement.id}",),
        requirement=requirement.id,
        says=requirement.says.rstrip("."),
        needs=list(unmet),
        broken=[stand.by for stand in standings],
        subjects=[stand.subject for stand in standings],
        details=[stand.detail for stand in standings],
        codes=requirement.codes,
        checked=requirement.checked if _is_old(requirement, facts) else "",
    )


def _is_old(requirement: Requirement, facts: Facts) -> bool:
    """Whether its sources were read a year or more before the run; False if the run has no time."""
    try:
        began = datetime.fromisoformat(facts.started_at).date()
    except ValueError:
        return False
    return (began - date.fromisoformat(requirement.checked)).days >= OLD_DAYS
