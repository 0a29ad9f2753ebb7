"""The sender's side of a live run: its records, the blocklists, a second opinion.

A module of its own: what it is made of takes long to load, and a run asks the recipient's side first.
"""

from __future__ import annotations

import asyncio
from functools import partial

from probe.collect.context import Context
from probe.collect.driver import Driver
from probe.model.target import recipient_domain
from probe.reading.message.read import read_message
from probe.recording import events as ev
from probe.standards.dns.helo import parse_literal
from probe.survey import reputation, sender


async def ask_about_sender(context: Context, driver: Driver) -> None:
    """What DNS and the blocklists say of the sender, from the place that `driver` comes to know."""
    how = await asyncio.shield(driver.how)
    who = sender.identities(context.target, context.options, how)
    message = context.files.message[1] if context.files.message is not None else None
    await asyncio.gather(
        driver.drive(sender.survey(who, context.options, message)),
        driver.drive(reputation.survey(who, context.options, partial(_links, message))),
    )


def _links(message: bytes | None) -> tuple[str, ...]:
    """The hosts of the links in the message."""
    return tuple(link.host for link in read_message(message).links) if message is not None else ()


async def ask_for_opinions(context: Context) -> None:
    """What checkdmarc says of the records of both sides."""
    who = sender.identities(context.target, context.options, context.sending)
    domain = recipient_domain(context.target)
    opinions = await context.world.opinions(
        who.mail_from_domain,
        who.author_domain,
        domain if parse_literal(domain) is None else None,
        context.resolver.ask,
        deadline=context.deadline,
    )
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
