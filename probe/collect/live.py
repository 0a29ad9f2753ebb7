"""A live run: its parts, what each waits for, and when all must stop."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

from probe.collect.context import Context
from probe.collect.driver import Driver, part, recover_parts
from probe.collect.sender_mta import read_sender_mta, why_not_read
from probe.collect.sessions import ask_the_servers
from probe.collect.vantage import bound_address, sightings_in_run, take_vantage
from probe.model.fault import collect_faults, recover, recover_async
from probe.model.observed import Gap, Part
from probe.model.readers import FactReader
from probe.model.reason import Reason
from probe.model.sighting import Sighting
from probe.model.target import recipient_domain
from probe.net.threads import in_thread
from probe.reading.bounce.about import read_about, recipient_name
from probe.reading.message.read import read_message
from probe.recording import events as ev
from probe.standards.dns.helo import parse_literal
from probe.survey import recipient, reputation, sender
from probe.survey.driving import NOWHERE, Place
from probe.survey.earlier import sightings_before
from probe.survey.standpoint import standpoint


async def observe(context: Context) -> None:
    """Make every observation of a run and record it. Never raises on network errors.

    At the deadline, or when cancelled, each part that was not done is recorded as not reached; the
    cancellation is then raised.
    """
    if context.files.message is not None:
        name, data = context.files.message
        context.record(ev.MessageGiven(context.clock.at_ms(), name, data))
    if context.files.bounce is not None:
        name, data = context.files.bounce
        context.record(ev.BounceGiven(context.clock.at_ms(), name, data))
    if context.files.log is not None:
        context.record(ev.LogGiven(context.clock.at_ms(), context.files.log))
    work = asyncio.ensure_future(_all_parts(context))
    try:
        await asyncio.wait_for(work, context.deadline.seconds_left())
    except TimeoutError:
        _note_pending(context, Gap.DEADLINE)
    except asyncio.CancelledError:
        _note_pending(context, Gap.INTERRUPTED)
        raise
    else:
        context.record(ev.Finished(context.clock.at_ms()))


def _note_pending(context: Context, why: Gap) -> None:
    for name in context.pending:
        context.record(ev.NotReached(context.clock.at_ms(), name, Reason(why)))
    context.pending.clear()


async def _all_parts(context: Context) -> None:
    """The recipient's side, the sender's and the blocklists at once; the probe's own address and the sessions
    wait for the mail route."""
    options = context.options
    domain = recipient_domain(context.target)
    who = sender.identities(context.target, options)
    message = context.files.message[1] if context.files.message is not None else None
    driver = Driver(context)
    context.say(f"DNS of {domain}")
    from_here = [Part.SENDER_ADDRESS, Part.BLOCKLISTS, *([Part.SESSIONS] if options.smtp else [])]
    # so that a run that is cut short before the route is known names them all
    context.pending.update(dict.fromkeys([Part.TRANSPORT_SECURITY, *from_here], 0))
    of_sender = asyncio.ensure_future(driver.drive(sender.survey(who, options, message)))
    on_lists = asyncio.ensure_future(driver.drive(reputation.survey(who, options, partial(_links, message))))
    context.posture.extend((of_sender, on_lists))
    await asyncio.gather(
        _mailer(context, driver),
        _recipient(context, driver, domain),
        recover_parts(context, from_here, _from_here(context, driver), None),
        of_sender,
        on_lists,
        part(context, Part.OPINIONS, partial(_opinions, context, who, domain), None),
    )


async def _mailer(context: Context, driver: Driver) -> None:
    """How the local mail server sends; if this program fails to find out, the run continues without it."""
    try:
        with collect_faults() as faults:
            await recover_async(
                "the reading of this host's mail server", read_sender_mta(context), None, step=9
            )
        for fault in faults:
            context.record(ev.SenderMtaRead(context.clock.at_ms(), None, why_not_read(fault)))
    finally:
        driver.how.set_result(context.sending)


async def _recipient(context: Context, driver: Driver, domain: str) -> None:
    """The recipient's side. If this program fails to find the route, there are no sessions."""
    survey = driver.drive(recipient.survey(domain, context.options))
    await recover_parts(context, [Part.SESSIONS], survey, None)
    if not driver.route.done():
        driver.route.set_result(None)


async def _from_here(context: Context, driver: Driver) -> None:
    """The probe's address on the way to the MX hosts; then the hosts themselves, whose answers may show that
    mail from here leaves from another address."""
    options = context.options
    before = await in_thread(partial(_sightings_before, context))
    place = NOWHERE
    try:
        mx = await asyncio.shield(driver.route)
        hosts = mx.hosts if mx is not None else ()
        families = context.sending.options.usable_families
        towards = tuple(ip for host in hosts for ip in host.addresses if ip.version in families)
        vantage = await take_vantage(context, towards)
        stand = standpoint(options, vantage.source_ip, before)
        place = Place(stand.ip, vantage.source_ip, vantage.helo)
    finally:
        driver.place.set_result(place)  # the waiting surveys continue, even without it
    if options.smtp and mx is not None:
        asking = partial(ask_the_servers, context, mx, vantage.helo)
        outcomes = await part(context, Part.SESSIONS, asking, ())
        bound = bound_address(context) or vantage.source_ip
        stand = standpoint(options, bound, (*sightings_in_run(context, outcomes), *before))
        if stand.ip is not None and stand.ip != place.source_ip:
            await _ask_again(context, replace(place, source_ip=stand.ip, outside_ip=stand.ip))


async def _ask_again(context: Context, place: Place) -> None:
    """Repeat the surveys for the address that mail from here really leaves from. Earlier questions are
    answered from the cache."""
    who = sender.identities(context.target, context.options)
    message = context.files.message[1] if context.files.message is not None else None
    driver = Driver(context)
    driver.place.set_result(place)
    await asyncio.gather(
        driver.drive(sender.survey(who, context.options, message)),
        driver.drive(reputation.survey(who, context.options, partial(_links, message))),
    )


def _sightings_before(context: Context) -> tuple[Sighting, ...]:
    """The addresses that the bounce and the log name."""
    bounce = context.files.bounce
    if bounce is None:
        return sightings_before(None, context.files.log)
    read = partial(read_about, bounce[1], recipient_name(context.target))
    about = recover(FactReader.BOUNCE, read, None, step=1)
    return sightings_before(about, context.files.log)


def _links(message: bytes | None) -> tuple[str, ...]:
    """The hosts of the links in the message."""
    return tuple(link.host for link in read_message(message).links) if message is not None else ()


async def _opinions(context: Context, who: sender.Identities, domain: str) -> None:
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
