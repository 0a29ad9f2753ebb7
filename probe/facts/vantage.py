"""The probe's addresses, and the address that the mail of this host really leaves from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.facts.model import VantageFacts
from probe.facts.session import Session
from probe.model.address import IPAddress
from probe.model.dialable import is_private
from probe.model.sighting import AddressBasis, Sighting, counts
from probe.model.target import Options
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.survey.earlier import sightings_before
from probe.survey.standpoint import Standpoint, sightings_in, standpoint

if TYPE_CHECKING:
    from probe.reading.bounce.about import BounceFacts


def vantage_of(
    recording: Recording, sessions: tuple[Session, ...], bounce: BounceFacts | None
) -> VantageFacts:
    """Everything known about them, by what was observed so far."""
    started = recording.started
    options, event, log = started.options, recording.last(ev.Vantage), recording.last(ev.LogGiven)
    connected = next((s.local_ip for s in sessions if s.local_ip is not None), None)
    probe_ip = connected or (event.source_ip if event is not None else None) or options.bind
    before = sightings_before(bounce, log.log_facts if log is not None else None)
    sightings = (*(it for session in sessions for it in _of_session(session)), *before)
    sightings = tuple(
        it
        for it in sightings
        if counts(it.ip, allow_private=options.allow_private, redacted=started.redacted)
    )
    stand = standpoint(options, probe_ip, sightings, redacted=started.redacted)
    return VantageFacts(
        source_ip=stand.ip,
        probe_ip=probe_ip,
        is_sending_address=_is_sending_address(options, probe_ip, sightings),
        hostname=event.hostname if event is not None else "",
        helo=event.helo if event is not None else (options.helo or ""),
        helo_reason=event.helo_reason if event is not None else None,
        # a lab does not involve this machine's addresses
        addresses=event.addresses if event is not None and started.scenario is None else (),
        basis=stand.basis,
        basis_by=stand.by,
        sightings=sightings,
        outside_ip=_outside(stand, probe_ip, sightings),
    )


def _of_session(session: Session) -> tuple[Sighting, ...]:
    usable = (it for it in session.exchanges if it.usable)
    replies = [(it.stage, it.sent, it.reply, it.ref) for it in usable if it.reply is not None]
    return sightings_in(session.mx_host, replies, server=session.ip, bound=session.local_ip)


def _is_sending_address(
    options: Options, probe_ip: IPAddress | None, sightings: tuple[Sighting, ...]
) -> bool | None:
    """Whether servers see this probe at the address of --ip; None without --ip."""
    if options.ip is None:
        return None
    return options.ip == probe_ip or any(it.is_of_this_run and it.ip == options.ip for it in sightings)


def _outside(
    stand: Standpoint, probe_ip: IPAddress | None, sightings: tuple[Sighting, ...]
) -> IPAddress | None:
    """The address at which servers see this probe, as far as that is known."""
    if stand.basis in (AddressBasis.SEEN, AddressBasis.SAID):
        return stand.ip
    by_this_run = next((it.ip for it in sightings if it.is_of_this_run), None)
    if by_this_run is not None:
        return by_this_run
    if probe_ip is not None and not is_private(probe_ip):
        return probe_ip
    return stand.ip
