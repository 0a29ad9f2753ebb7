"""The second opinion on the records of both sides.

A module of its own, of few others: where a process of its own gives the opinion, it begins early.
"""

from __future__ import annotations

import asyncio

from probe.collect.context import Context
from probe.model.target import recipient_domain
from probe.net.opinion import subjects_of
from probe.recording import events as ev
from probe.standards.dns.helo import parse_literal
from probe.survey.identities import identities
from probe.survey.sending import Sending


async def ask_for_opinions(context: Context, how: asyncio.Future[Sending]) -> None:
    """What checkdmarc says of the records of both sides, as the mail leaves (`how`)."""
    who = identities(context.target, context.options, await asyncio.shield(how))
    domain = recipient_domain(context.target)
    subjects = subjects_of(
        who.mail_from_domain, who.author_domain, domain if parse_literal(domain) is None else None
    )
    opinions = await context.world.opinions(subjects, context.resolver.ask, deadline=context.deadline)
    for opinion in opinions:
        context.record(
            ev.OpinionGiven(
                context.clock.at_ms(),
                opinion.subject,
                opinion.domain,
                opinion.library,
                opinion.errors,
                opinion.warnings,
                opinion.fault,
            )
        )
