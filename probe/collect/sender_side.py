"""The sender's side of a live run: its records, the blocklists.

A module of its own: what it is made of takes long to load, and a run asks the recipient's side first.
"""

from __future__ import annotations

import asyncio
from functools import partial

from probe.collect.context import Context
from probe.collect.driver import Driver
from probe.reading.message.read import read_message
from probe.survey import reputation, sender
from probe.survey.identities import identities


async def ask_about_sender(context: Context, driver: Driver) -> None:
    """What DNS and the blocklists say of the sender, from the place that `driver` comes to know."""
    how = await asyncio.shield(driver.how)
    who = identities(context.target, context.options, how)
    message = context.files.message[1] if context.files.message is not None else None
    await asyncio.gather(
        driver.drive(sender.survey(who, context.options, message)),
        driver.drive(reputation.survey(who, context.options, partial(_links, message))),
    )


def _links(message: bytes | None) -> tuple[str, ...]:
    """The hosts of the links in the message."""
    return tuple(link.host for link in read_message(message).links) if message is not None else ()
