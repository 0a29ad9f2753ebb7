"""A live run: its parts, what each waits for, and when all must stop."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from types import ModuleType

from probe._dataclass import replace
from probe.collect import second_opinion
from probe.collect.context import Context
from probe.collect.driver import Driver, part, recover_parts
from probe.collect.sender_mta import read_sender_mta, why_not_read
from probe.collect.session import SessionOutcome
from probe.collect.sessions import ask_the_servers
from probe.collect.under_way import under_way
from probe.collect.vantage import bound_address, sightings_in_run, take_vantage
from probe.knowledge.operator_signs import first_signs
from probe.model.address import IPAddress
from probe.model.fault import collect_faults, recover, recover_async
from probe.model.observed import Gap, Part
from probe.model.program_part import ProgramPart
from probe.model.reason import Reason
from probe.model.sighting import Sighting
from probe.model.target import PairTarget, recipient_domain
from probe.net.threads import in_thread
from probe.recording import events as ev
from probe.settings import RECIPIENT_FIRST
from probe.standards.dns.results import MxResult
from probe.survey import recipient
from probe.survey.driving import NOWHERE, Place
from probe.survey.standpoint import standpoint


def read_ahead(domain: str) -> None:
    """Read the tables that tell who runs a mail server, while DNS is asked for those of this domain: they are
    needed for the first dialling. They take long to read, so this is for a thread."""
    # if this program fails at it, it fails again where it is reported
    recover(ProgramPart.RUN, partial(first_signs, domain), (), step=9)


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
    # so that a run that is cut short before it begins them names them all
    policy = [Part.SENDER_POLICY] if isinstance(context.target, PairTarget) else []
    parts = [Part.TRANSPORT_SECURITY, *_parts_from_here(context), *policy, Part.OPINIONS]
    context.pending.update(dict.fromkeys(parts, 0))
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
    """The recipient's side first, and the sessions as soon as the mail route is known; at the same time the
    probe's own address, the sender's side and the blocklists."""
    domain = recipient_domain(context.target)
    driver = Driver(context)
    context.say(f"DNS of {domain}")
    # before the thread that loads the sender's side: a process is started sooner where no thread works
    opinions = asyncio.ensure_future(
        part(context, Part.OPINIONS, partial(_ask_for_opinions, context, driver), None)
    )
    of_sender = asyncio.ensure_future(_ask_about_sender(context, driver))
    context.posture.append(of_sender)
    await asyncio.gather(
        _mailer(context, driver),
        _recipient(context, driver, domain),
        _what_shows_from_here(context, driver),
        of_sender,
        opinions,
    )


def _parts_from_here(context: Context) -> list[Part]:
    of_sender = [Part.SENDER_ADDRESS, Part.BLOCKLISTS] if isinstance(context.target, PairTarget) else []
    return [*of_sender, *([Part.SESSIONS] if context.options.smtp else [])]


async def _ask_about_sender(context: Context, driver: Driver) -> None:
    await (await _sender_side(context)).ask_about_sender(context, driver)


async def _ask_for_opinions(context: Context, driver: Driver) -> None:
    await _once_dialled(context)
    await second_opinion.ask_for_opinions(context, driver.how)


async def _sender_side(context: Context) -> ModuleType:
    """The module, once a mail server is dialled. Loading it takes longer than a server's answer, and the run
    waits for the server."""
    await _once_dialled(context)
    return await in_thread(_load_sender_side)


async def _once_dialled(context: Context) -> None:
    """Until a mail server is dialled, or it takes long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(RECIPIENT_FIRST):
            await context.dialling.wait()


def _load_sender_side() -> ModuleType:
    from probe.collect import sender_side

    return sender_side


async def _mailer(context: Context, driver: Driver) -> None:
    """How the local mail server sends; if this program fails to find out, the run continues without it."""
    try:
        with collect_faults() as faults:
            await recover_async(ProgramPart.SENDER_MTA, read_sender_mta(context), None, step=9)
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


async def _what_shows_from_here(context: Context, driver: Driver) -> None:
    """`_from_here`; if this program fails at it, the parts that it has not finished are not reached."""
    names = _parts_from_here(context) or [Part.SENDER_ADDRESS]
    await recover_parts(context, names, _from_here(context, driver), None)


async def _from_here(context: Context, driver: Driver) -> None:
    """The probe's address on the way to the MX hosts, and the hosts themselves, whose answers may show that
    mail from here leaves from another address."""
    before = await _sightings_before(context)
    place, sessions = NOWHERE, None
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(context.dialling.set)  # ends the wait of the others
        try:
            mx = await asyncio.shield(driver.route)
            vantage_taken = take_vantage(context, _towards(context, mx))
            standing = await stack.enter_async_context(under_way(vantage_taken))
            if context.options.smtp and mx is not None:
                asking = partial(ask_the_servers, context, mx, partial(_own_name, standing))
                work = part(context, Part.SESSIONS, asking, _NO_SESSIONS)
                sessions = await stack.enter_async_context(under_way(work))
            else:
                context.dialling.set()
            vantage = await asyncio.shield(standing)
            stand = standpoint(context.options, vantage.source_ip, before)
            place = Place(stand.ip, vantage.source_ip, vantage.helo)
        finally:
            driver.place.set_result(place)  # the waiting surveys continue, even without it
        if sessions is None:
            return
        outcomes = await sessions
        bound = bound_address(context) or vantage.source_ip
        stand = standpoint(context.options, bound, (*sightings_in_run(context, outcomes), *before))
        if stand.ip is not None and stand.ip != place.source_ip:
            await _ask_again(context, replace(place, source_ip=stand.ip, outside_ip=stand.ip))


_NO_SESSIONS: tuple[SessionOutcome, ...] = ()


def _towards(context: Context, mx: MxResult | None) -> tuple[IPAddress, ...]:
    """The addresses of the MX hosts, of the families that are used."""
    families = context.sending.options.usable_families
    hosts = mx.hosts if mx is not None else ()
    return tuple(ip for host in hosts for ip in host.addresses if ip.version in families)


async def _own_name(standing: asyncio.Future[ev.Vantage]) -> str:
    """The EHLO name. DNS is asked for it while the server is dialled."""
    return (await asyncio.shield(standing)).helo


async def _ask_again(context: Context, place: Place) -> None:
    """Repeat the surveys for the address that mail from here really leaves from. Earlier questions are
    answered from the cache."""
    driver = Driver(context)
    driver.place.set_result(place)
    driver.how.set_result(context.sending)
    await _ask_about_sender(context, driver)


async def _sightings_before(context: Context) -> tuple[Sighting, ...]:
    """The addresses that the bounce and the log name."""
    if context.files.bounce is None and context.files.log is None:
        return ()
    return await in_thread(partial(_read_sightings, context))


def _read_sightings(context: Context) -> tuple[Sighting, ...]:
    from probe.reading.bounce.about import read_about, recipient_name
    from probe.survey.earlier import sightings_before

    bounce = context.files.bounce
    if bounce is None:
        return sightings_before(None, context.files.log)
    read = partial(read_about, bounce[1], recipient_name(context.target))
    about = recover(ProgramPart.BOUNCE, read, None, step=1)
    return sightings_before(about, context.files.log)
