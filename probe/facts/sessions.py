"""Reads the sessions of a recording again, from the octets alone.

The pairing of replies with commands is that of the live run (`probe.standards.smtp.transcript`), so a
truncated recording gives the sessions up to that point.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import partial

from probe._dataclass import dataclass, field, replace
from probe.facts.session import Exchange, Session, TlsFacts
from probe.model.fault import recover
from probe.model.observed import CertificateFault, HandshakeFault
from probe.model.program_part import ProgramPart
from probe.model.reason import Reason
from probe.model.reply import Stage
from probe.model.trust import Trust
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.smtp.transcript import Entry, Transcript
from probe.standards.tls.certificate import name_matches, problems, read_certificate


def sessions_of(recording: Recording) -> tuple[Session, ...]:
    """Every session of the run, in order. Never raises on what a server sent; a session that this program
    fails to read is left out."""
    began = datetime.fromisoformat(recording.started.started_at)  # with its offset: the codec saw to it
    read = (
        recover(
            ProgramPart.SESSION,
            partial(_session, recording.session(number), began),
            None,
            step=1,
            of=str(number),
        )
        for number in recording.session_numbers()
    )
    return tuple(session for session in read if session is not None)


@dataclass(slots=True)
class _Reading:
    """One session while its events are read."""

    open_event: ev.SessionOpened
    transcript: Transcript = field(default_factory=Transcript)
    connect_event: ev.Connected | None = None
    tls: ev.TlsEstablished | ev.TlsFailed | None = None
    close_event: ev.SessionClosed | None = None
    last_ms: int = 0

    def observe(self, event: ev.SessionEvent) -> None:
        self.last_ms = max(self.last_ms, event.at_ms)
        if isinstance(event, ev.Connected):
            self.connect_event = event
            self.transcript.connected(event.at_ms)
        elif isinstance(event, ev.Sent):
            self.transcript.sent(event.data, event.at_ms)
        elif isinstance(event, ev.Received):
            self.transcript.received(event.data, event.at_ms)
        elif isinstance(event, ev.TlsEstablished | ev.TlsFailed):
            self.tls = event
            self.transcript.secured()
        elif isinstance(event, ev.SessionClosed):
            self.close_event = event
            self.transcript.ended()


def _session(events: tuple[ev.SessionEvent, ...], began: datetime) -> Session | None:
    open_event = events[0]
    if not isinstance(open_event, ev.SessionOpened):
        return None
    reading = _Reading(open_event, last_ms=open_event.at_ms)
    for event in events[1:]:
        reading.observe(event)
    transcript, connect_event, close_event = reading.transcript, reading.connect_event, reading.close_event
    plain = transcript.extensions(secure=False)
    return Session(
        number=open_event.session,
        mx_host=open_event.mx_host,
        ip=open_event.ip,
        port=open_event.port,
        experiment=open_event.experiment,
        reason=open_event.reason,
        local_ip=connect_event.local_ip if connect_event else None,
        connected=connect_event is not None,
        exchanges=_exchanges(reading),
        plain_extensions=plain,
        extensions=transcript.extensions(secure=True) or plain,
        tls=_tls(reading, began) if connect_event else None,
        end=close_event.reason if close_event else None,
        cause=close_event.cause if close_event else None,
        elapsed_ms=reading.last_ms - open_event.at_ms,
        desynchronised=transcript.out_of_step,
    )


def _exchanges(reading: _Reading) -> tuple[Exchange, ...]:
    counts: Counter[Stage] = Counter()
    exchanges = []
    for entry in reading.transcript.entries:
        counts[entry.stage] += 1
        place = counts[entry.stage]
        ref = f"session:{reading.open_event.session}:{entry.stage}{place if place > 1 else ''}"
        exchanges.append(_exchange(entry, ref, reading.last_ms))
    return tuple(exchanges)


def _exchange(entry: Entry, ref: str, last_ms: int) -> Exchange:
    until = entry.answered_ms if entry.answered_ms is not None else last_ms
    return Exchange(
        stage=entry.stage,
        sent=entry.sent,
        reply=entry.reply,
        elapsed_ms=max(0, until - entry.at_ms),
        deviations=entry.deviations,
        ref=ref,
        usable=entry.usable,
        fragment=entry.fragment,
        at_ms=entry.at_ms,
    )


def _tls(reading: _Reading, began: datetime) -> TlsFacts:
    offer = reading.transcript.extensions(secure=False)
    has_offer = None
    if offer is not None and (offer.offers("STARTTLS") or offer.complete):
        has_offer = offer.offers("STARTTLS")
    event = reading.tls
    if isinstance(event, ev.TlsEstablished):
        tls = TlsFacts(has_offer, True, event.version, event.cipher, chain=event.chain)
        judge = partial(_judge, tls, event, reading.open_event.mx_host, began)
        return recover(ProgramPart.CERTIFICATE, judge, tls, step=2)
    if isinstance(event, ev.TlsFailed):
        return TlsFacts(has_offer, established=False, fault=event.fault)
    starttls = reading.transcript.last(Stage.STARTTLS)
    if starttls is None:
        return TlsFacts(has_offer, established=False)
    if starttls.reply is None:
        fault = Reason(HandshakeFault.NO_REPLY)
    elif starttls.usable and starttls.reply.code == 220:
        fault = Reason(HandshakeFault.ENDED)
    else:
        fault = Reason(HandshakeFault.REFUSED, text=str(starttls.reply))
    return TlsFacts(has_offer, established=False, fault=fault)


def _judge(tls: TlsFacts, event: ev.TlsEstablished, host: str, began: datetime) -> TlsFacts:
    trust = event.trust.tag
    try:
        certificate = read_certificate(event.chain[0]) if event.chain else None
    except ValueError as error:
        unreadable = Reason(CertificateFault.UNREADABLE, text=str(error))
        return replace(tls, problems=(unreadable,))
    if certificate is None:
        return tls
    at = began + timedelta(milliseconds=event.at_ms)
    return replace(
        tls,
        certificate=certificate,
        trusted=trust is Trust.TRUSTED if trust.is_judged else None,
        name_matches=name_matches(certificate, host),
        problems=problems(certificate, host, at, event.trust),
        trust=event.trust,
    )
