"""A live run from beginning to end: which parts there are, what each waits for, when all must stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial

from probe.collect.context import Context
from probe.collect.sessions import ask_the_servers
from probe.collect.transport import ask_transport_security
from probe.collect.vantage import take_vantage
from probe.model.fault import spared_part, watched
from probe.model.observed import Gap, Part
from probe.model.reason import Reason
from probe.model.target import recipient_domain
from probe.net.threads import in_thread
from probe.reading.message.read import read_message
from probe.reading.message.signatures import signing_selectors, verify_signatures
from probe.recording import events as ev
from probe.standards.dns.dns64 import made_addresses
from probe.standards.dns.helo import parse_literal
from probe.standards.dns.ptr import confirm_reverse
from probe.standards.dns.results import MxResult
from probe.survey import recipient, reputation, sender

Work = Callable[[], Coroutine[None, None, None]]


async def observe(context: Context) -> None:
    """Make every observation of a run and record it. Never raises for what the network does.

    At the deadline, or when cancelled, each part that was not done is recorded as not reached; the
    cancellation is then passed on.
    """
    if context.given.message is not None:
        name, data = context.given.message
        context.record(ev.MessageGiven(context.clock.at_ms(), name, data))
    if context.given.bounce is not None:
        name, data = context.given.bounce
        context.record(ev.BounceGiven(context.clock.at_ms(), name, data))
    work = asyncio.ensure_future(_all_parts(context))
    try:
        await asyncio.wait_for(work, context.deadline.remaining())
    except TimeoutError:
        _note_pending(context, Gap.DEADLINE)
    except asyncio.CancelledError:
        _note_pending(context, Gap.INTERRUPTED)
        raise
    else:
        context.record(ev.Finished(context.clock.at_ms()))


def _note_pending(context: Context, why: Gap) -> None:
    for part in context.pending:
        context.record(ev.NotReached(context.clock.at_ms(), part, Reason(why)))
    context.pending.clear()


async def _part(context: Context, name: Part, work: Work) -> None:
    """Run one part, so that a run cut short can say what it did not get to. `work` makes the coroutine
    here: one that was made before and never begun would be complained about."""
    context.pending[name] = None
    await _spared(context, work(), [name])
    context.pending.pop(name, None)


async def _spared(context: Context, work: Awaitable[None], names: Sequence[Part]) -> None:
    """Do the work of these parts; where this program fails at it, the run goes on without them, and those
    that are still open are recorded as not reached."""
    with watched() as faults:
        await spared_part(names[0], work, None, step=9)
    for fault in faults:
        for name in names:
            if name in context.pending:
                context.record(ev.NotReached(context.clock.at_ms(), name, fault.reason))
                context.pending.pop(name)


def _posture(context: Context, name: Part, work: Work) -> Awaitable[None]:
    """A part that tells about the sender: the control experiments wait for it."""
    task = asyncio.ensure_future(_part(context, name, work))
    context.posture.append(task)
    return task


async def _all_parts(context: Context) -> None:
    domain = recipient_domain(context.target)
    context.say(f"DNS of {domain}")
    await asyncio.gather(
        _part(context, Part.OPINIONS, partial(_opinions, context)),
        _posture(context, Part.SENDER_POLICY, partial(_sender_policy, context)),
        _by_route(context, domain),
    )


async def _by_route(context: Context, domain: str) -> None:
    """Everything that waits for the MX hosts: the servers, and what depends on the address that
    leads to them."""
    waiting = [
        Part.TRANSPORT_SECURITY,
        Part.SENDER_ADDRESS,
        Part.BLOCKLISTS,
        *([Part.SESSIONS] if context.options.smtp else []),
    ]
    context.pending.update(dict.fromkeys(waiting))  # so that a run cut short here names them all
    await _spared(context, _along_the_route(context, domain), waiting)


async def _along_the_route(context: Context, domain: str) -> None:
    mx = await context.ask(recipient.route(domain, context.options))
    towards = tuple(
        ip for host in mx.hosts for ip in host.addresses if ip.version in context.options.usable_families
    )
    vantage = await take_vantage(context, towards)
    parts: list[Awaitable[None]] = [
        _part(context, Part.TRANSPORT_SECURITY, partial(_transport, context, domain, mx)),
        _posture(context, Part.SENDER_ADDRESS, partial(_sender_address, context, vantage)),
        _posture(context, Part.BLOCKLISTS, partial(_blocklists, context, vantage)),
    ]
    if context.options.smtp:
        parts.append(_part(context, Part.SESSIONS, partial(ask_the_servers, context, mx, vantage.helo)))
    await asyncio.gather(*parts)


async def _transport(context: Context, domain: str, mx: MxResult) -> None:
    """How safely the servers can be reached, and whether their addresses are the resolver's own make."""
    await asyncio.gather(ask_transport_security(context, domain, mx), context.ask(made_addresses(mx)))


async def _sender_policy(context: Context) -> None:
    """What the sender domain publishes whatever the address: DMARC, DKIM keys, its own MX."""
    who = sender.identities(context.target, context.options)
    if context.given.message is not None:
        await context.ask(verify_signatures(context.given.message[1]), long=True)
    if who.author_domain is None:
        return
    mail, _ = await asyncio.gather(
        context.ask(sender.mail_domain(who.author_domain, context.options)),
        context.ask(sender.dmarc_of(who.author_domain)),
    )
    if who.mail_from_domain is not None:
        await context.ask(sender.mail_domain(who.mail_from_domain, context.options))
    selectors = signing_selectors(context.given.message[1]) if context.given.message is not None else ()
    await context.ask(sender.dkim_keys(who.author_domain, context.options, mail, selectors))


async def _sender_address(context: Context, vantage: ev.Vantage) -> None:
    """What is judged for the address: SPF, PTR, HELO."""
    source = context.options.ip or vantage.source_ip
    who = sender.identities(context.target, context.options)
    if source is None or not who.exists:
        return
    ptr, spf, _ = await asyncio.gather(
        context.ask(confirm_reverse(source)),
        context.ask(sender.spf_of_mail_from(who, source, vantage.helo)),
        context.ask(sender.spf_of_helo(source, vantage.helo)),
    )
    await context.ask(sender.helo_of(vantage.helo, vantage.source_ip, ptr))
    if who.author_domain is not None:
        dmarc = await context.ask(sender.dmarc_of(who.author_domain))
        spf_domain = spf.domain if spf is not None else None
        await context.ask(sender.possible_alignment(dmarc, spf_domain, (who.author_domain,)))


async def _blocklists(context: Context, vantage: ev.Vantage) -> None:
    who = sender.identities(context.target, context.options)
    links = (
        (await in_thread(partial(read_message, context.given.message[1]))).links
        if context.given.message
        else ()
    )
    source = context.options.ip or vantage.source_ip
    subjects = reputation.subjects(source, who, vantage.helo, tuple(link.host for link in links))
    await context.ask(reputation.listings(subjects, context.options))


async def _opinions(context: Context) -> None:
    who = sender.identities(context.target, context.options)
    domain = recipient_domain(context.target)
    given = await context.world.opinions(
        who.mail_from_domain,
        who.author_domain,
        domain if parse_literal(domain) is None else None,
        context.resolver.ask,
        deadline=context.deadline,
    )
    for opinion in given:
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
