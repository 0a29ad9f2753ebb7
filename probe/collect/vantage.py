"""The probe's own address and EHLO name."""

from __future__ import annotations

from collections.abc import Sequence

from probe.collect.context import Asks, Context
from probe.collect.session import SessionOutcome
from probe.model.address import IPAddress
from probe.model.address_parse import parse_ip
from probe.model.observed import HeloReason
from probe.model.reason import Reason
from probe.model.sighting import Sighting
from probe.net.interfaces import own_addresses
from probe.net.route import full_host_name, is_own_address, local_address_towards
from probe.recording import events as ev
from probe.standards.dns.names import is_fqdn
from probe.standards.dns.ptr import confirm_reverse
from probe.standards.dns.special_use import why_never_global
from probe.survey.sending import Sending
from probe.survey.standpoint import sightings_in


async def take_vantage(context: Context, towards: tuple[IPAddress, ...]) -> ev.Vantage:
    """Find the local address on the way to the MX hosts and choose the EHLO name; record both."""
    source = _bind_address(context, towards) or _source(context, towards)
    hostname = full_host_name()
    helo, why = await _helo(context, source, hostname)
    vantage = ev.Vantage(context.clock.at_ms(), source, hostname, helo, why, own_addresses())
    context.record(vantage)
    return vantage


def _bind_address(context: Context, towards: tuple[IPAddress, ...]) -> IPAddress | None:
    """The given address, or that from which the local mail server connects to the first host."""
    how = context.sending
    families = tuple(ip.version for ip in towards) or how.options.usable_families
    return how.options.bind or (own_sources(how).get(families[0]) if families else None)


def own_sources(how: Sending) -> dict[int, IPAddress]:
    """The addresses, by family, that this host's mail server connects from. An address that the host does not
    have is left out: Postfix then lets the system choose (smtp_bind_address_enforce)."""
    sources = {family: how.source(family) for family in (4, 6)}
    return {family: ip for family, ip in sources.items() if ip is not None and is_own_address(ip)}


def _source(context: Context, towards: tuple[IPAddress, ...]) -> IPAddress | None:
    # a link-local address says nothing about the route to the Internet
    resolvers = tuple(parse_ip(it.host) for it in context.resolver.nameservers if "%" not in it.host)
    return next((ip for ip in map(local_address_towards, (*towards, *resolvers)) if ip is not None), None)


async def _helo(context: Context, source: IPAddress | None, hostname: str) -> tuple[str, Reason[HeloReason]]:
    how = context.sending
    if context.options.helo is not None:
        return context.options.helo, Reason(HeloReason.GIVEN)
    if how.mta is not None and how.options.helo is not None:
        why = Reason(HeloReason.MTA, where=how.mta.helo.source, text=how.mta.software.label)
        return how.options.helo, why
    name, tag = await choose_helo(context.ask, source, hostname)
    return name, Reason(tag)


async def choose_helo(ask: Asks, source: IPAddress | None, hostname: str) -> tuple[str, HeloReason]:
    """The EHLO name of a client at `source`, and why it is that one."""
    if source is not None:
        ptr = await ask(confirm_reverse(source))
        # DNS may have any octets there; RFC 5321 section 4.1.1.1 requires a host name
        confirmed_names = [name for name in ptr.confirmed if _can_be_said(name)]
        if confirmed_names:
            return confirmed_names[0], HeloReason.PTR
    if _can_be_said(hostname):
        return hostname, HeloReason.HOSTNAME
    if source is not None:
        # RFC 5321 section 4.1.4: a client without a meaningful name should send a literal.
        return (f"[{source}]" if source.version == 4 else f"[IPv6:{source}]"), HeloReason.LITERAL
    return hostname or "localhost", HeloReason.NONE


def _can_be_said(name: str) -> bool:
    """Whether a receiver could look up the name; never for a name of the local network (.local)."""
    return is_fqdn(name) and not why_never_global(name)


def bound_address(context: Context) -> IPAddress | None:
    """The local address of the first connection."""
    return next((event.local_ip for event in context.recording.all(ev.Connected)), None)


def sightings_in_run(context: Context, outcomes: Sequence[SessionOutcome]) -> tuple[Sighting, ...]:
    """The addresses at which the servers of this run say that they see the probe."""
    local = {event.session: event.local_ip for event in context.recording.all(ev.Connected)}
    return tuple(it for outcome in outcomes for it in _in_session(outcome, local.get(outcome.number)))


def _in_session(outcome: SessionOutcome, bound: IPAddress | None) -> tuple[Sighting, ...]:
    usable = (it for it in outcome.entries if it.usable)
    replies = [(it.stage, it.sent, it.reply, "") for it in usable if it.reply is not None]
    return sightings_in(outcome.mx_host, replies, server=outcome.ip, bound=bound)
