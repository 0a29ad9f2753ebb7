"""Recording to facts: drives the same surveys as the live run, over what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from probe._dataclass import dataclass, replace
from probe.facts.bounce import bounce_of
from probe.facts.clock import NOT_COMPARED, ClockFacts, by_right_clock, clock_of, without_dates
from probe.facts.memo import Lookup, Memo
from probe.facts.model import Facts, RecipientFacts, SenderFacts, VantageFacts
from probe.facts.opinion import opinions_of
from probe.facts.resolver import TRUTHFUL, Untruth, name_servers_of, notable_answers, untruth_of
from probe.facts.session import Session
from probe.facts.sessions import sessions_of
from probe.facts.transport import dane_of, mta_sts_of, tls_rpt_of
from probe.facts.vantage import vantage_of
from probe.knowledge.providers import operator
from probe.knowledge.typo import likely_typo_of
from probe.model.fault import collect_faults, recover
from probe.model.program_part import ProgramPart
from probe.model.reply import Stage
from probe.model.target import recipient_domain
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dns.message import Answer, Question, T, run
from probe.standards.dns.results import MxResult
from probe.standards.dnsbl.results import Listing
from probe.standards.mta_sts.results import StsResult, StsStatus, TlsRptResult
from probe.survey import recipient, reputation, sender
from probe.survey.driving import NOWHERE, Place, drive
from probe.survey.identities import Identities, identities
from probe.survey.recipient import HostTlsa
from probe.survey.sending import Sending, fallbacks, route_as, sending

if TYPE_CHECKING:
    from probe.reading.bounce.about import BounceFacts
    from probe.reading.message.results import MessageFacts


def facts_of(recording: Recording) -> Facts:
    """All facts of a recording, or of any prefix of one. If a reader raises, only its part is missing, and
    `faults` names it."""
    return _facts(_Reader(recording, Memo()))


class GrowingFacts:
    """The facts of a run in progress. Parts that new events do not affect are not read again; the facts
    always equal those of `facts_of`."""

    def __init__(self) -> None:
        self._recording: Recording | None = None
        self._memo = Memo()

    @property
    def events(self) -> int:
        """How many events they were read from."""
        return len(self._recording) if self._recording is not None else 0

    def after(self, further: Iterable[ev.Event]) -> Facts:
        """The facts with these events added; the very first event must be `Started`."""
        if self._recording is None:
            self._recording = Recording.of(further)
        else:
            for event in further:
                self._recording.append(event)
        return _facts(_Reader(self._recording, self._memo))


def _facts(reader: _Reader) -> Facts:
    with collect_faults() as faults:
        facts = _read(reader)
    return replace(facts, faults=tuple(faults))


@dataclass(frozen=True, slots=True)
class _Reader:
    """A recording, with the parts that were already read."""

    recording: Recording
    memo: Memo
    untruth: Untruth = TRUTHFUL

    def part(self, name: str, inputs: tuple[object, ...], read: Callable[[Lookup], T]) -> T:
        """The value of a part; see `Memo.part`."""
        return self.memo.part(name, inputs, self._answer, read)

    def _answer(self, question: Question) -> Answer:
        """The recorded answer, marked if other answers show that the resolver made it itself."""
        return self.untruth.mark(self.recording.answer(question), self.recording.answer)


def _read(reader: _Reader) -> Facts:
    recording, started = reader.recording, reader.recording.started
    untruth = recover(ProgramPart.RESOLVER, partial(untruth_of, recording), TRUTHFUL, step=1)
    reader = replace(reader, untruth=untruth)
    how, event = _how(recording), recording.last(ev.SenderMtaRead)
    sessions = sessions_of(recording)
    clock = recover(ProgramPart.CLOCK, partial(clock_of, recording, sessions), NOT_COMPARED, step=2)
    sessions = without_dates(sessions, clock, datetime.fromisoformat(started.started_at))
    bounce = _bounce(reader)
    vantage = vantage_of(recording, sessions, bounce)
    message, log = _message(reader), recording.last(ev.LogGiven)
    return Facts(
        target=started.target,
        options=how.options,
        vantage=vantage,
        recipient=_recipient(reader, how, sessions, clock),
        sender=_sender(reader, how, vantage),
        listings=_listings(reader, how, vantage, message),
        sessions=sessions,
        message=message,
        opinions=opinions_of(recording),
        not_reached=recording.all(ev.NotReached),
        started_at=started.started_at,
        elapsed_ms=recording.elapsed_ms,
        complete=recording.last(ev.Finished) is not None,
        redacted=started.redacted,
        bounce=bounce,
        log=log.log_facts if log is not None else None,
        resolver=recover(ProgramPart.RESOLVER, partial(notable_answers, recording, untruth), (), step=1),
        name_servers=name_servers_of(recording, untruth),
        clock=clock,
        user_options=started.options,
        scenario=started.scenario or "",
        mta=how.mta,
        relay=how.relay,
        tls_policy=how.tls_policy,
        why_no_mta=event.why if event is not None else None,
        fallback_routes=_fallback_routes(reader, how),
    )


def _how(recording: Recording) -> Sending:
    """How the run sent, as the live run concluded it from the same event."""
    event = recording.last(ev.SenderMtaRead)
    return sending(recording.started.options, event.mta if event is not None else None)


def _bounce(reader: _Reader) -> BounceFacts | None:
    return reader.part(
        "bounce",
        (reader.recording.last(ev.BounceGiven),),
        lambda _: recover(ProgramPart.BOUNCE, partial(bounce_of, reader.recording), None, step=1),
    )


def _message(reader: _Reader) -> MessageFacts | None:
    event = reader.recording.last(ev.MessageGiven)
    if event is None:
        return None

    def read(look_up: Lookup) -> MessageFacts:
        from probe.reading.message.read import read_message
        from probe.reading.message.signatures import verify_signatures

        return read_message(event.data, run(verify_signatures(event.data), look_up))

    return reader.part(
        "message",
        (event,),
        lambda look_up: recover(ProgramPart.MESSAGE, partial(read, look_up), None, step=5),
    )


def _recipient(
    reader: _Reader, how: Sending, sessions: tuple[Session, ...], clock: ClockFacts
) -> RecipientFacts:
    recording = reader.recording
    fetches = by_right_clock(recording.all(ev.HttpsFetched), clock)
    read = partial(_recipient_by, recording.started, how, fetches)
    records, tlsas = reader.part("recipient", (fetches, how), read)
    dane = recover(
        ProgramPart.DANE, lambda: dane_of(tlsas, sessions, recording.started.started_at), (), step=2
    )
    hosts, greeting = [host.host for host in records.mx.hosts], _greeting(sessions)
    runs = recover(
        ProgramPart.PROVIDER, lambda: operator(hosts, domain=records.domain, greeting=greeting), None, step=2
    )
    if runs is None:
        return replace(records, dane=dane)
    return replace(records, dane=dane, provider=runs.provider, known_by=runs.known_by)


def _greeting(sessions: tuple[Session, ...]) -> str:
    """The text with which the first server greeted; empty where none did."""
    greetings = (
        exchange.reply.text
        for session in sessions
        for exchange in session.exchanges
        if exchange.stage is Stage.GREETING and exchange.reply is not None and exchange.reply.is_positive
    )
    return next(greetings, "")


def _recipient_by(
    started: ev.Started, how: Sending, fetches: tuple[ev.HttpsFetched, ...], look_up: Lookup
) -> tuple[RecipientFacts, tuple[HostTlsa, ...]]:
    """The recipient's side, without the certificates of its servers and their DANE results."""
    domain = recipient_domain(started.target)
    records = drive(recipient.survey(domain, started.options), look_up, NOWHERE, how)
    # a relay belongs to this side and says nothing about the domain
    hosts = [host.host for host in records.mx.hosts] if not how.relay else []
    facts = RecipientFacts(
        domain=domain,
        mx=records.mx,
        provider=None,
        mta_sts=recover(
            ProgramPart.MTA_STS,
            lambda: mta_sts_of(records.transport, domain, hosts, fetches),
            StsResult(domain, StsStatus.UNKNOWN),
            step=2,
        ),
        tls_rpt=recover(
            ProgramPart.TLS_RPT,
            lambda: tls_rpt_of(records.transport, domain),
            TlsRptResult(domain, StsStatus.UNKNOWN),
            step=2,
        ),
        dane=(),
        typo_of=recover(ProgramPart.TYPO, lambda: likely_typo_of(domain), None, step=3),
    )
    return facts, records.tlsas


def _fallback_routes(reader: _Reader, how: Sending) -> tuple[MxResult, ...]:
    started = reader.recording.started
    relays = fallbacks(started.options, how.mta)
    if not relays:
        return ()
    domain = recipient_domain(started.target)
    return reader.part(
        "fallbacks", (relays,), lambda look_up: tuple(run(route_as(domain, it), look_up) for it in relays)
    )


def _sender(reader: _Reader, how: Sending, vantage: VantageFacts) -> SenderFacts:
    message, started = reader.recording.last(ev.MessageGiven), reader.recording.started
    who = identities(started.target, started.options, how)
    read = partial(_sender_by, started, who, vantage, message)
    return reader.part("sender", (who, vantage, message), read)


def _sender_by(
    started: ev.Started,
    who: Identities,
    vantage: VantageFacts,
    file: ev.MessageGiven | None,
    look_up: Lookup,
) -> SenderFacts:
    author, message = who.author_domain, file.data if file is not None else None
    records = drive(sender.survey(who, started.options, message), look_up, _place(vantage))
    return SenderFacts(
        domain=who.mail_from_domain,
        author_domain=author,
        spf=records.spf,
        spf_helo=records.spf_helo,
        dkim=records.dkim,
        dmarc=records.dmarc,
        alignment=records.alignment,
        ptr=records.ptr,
        helo=records.helo,
        mail=records.mail,
        typo_of=recover(ProgramPart.TYPO, lambda: likely_typo_of(author), None, step=6) if author else None,
    )


def _place(vantage: VantageFacts) -> Place:
    return Place(vantage.source_ip, vantage.outside_ip, vantage.helo)


def _listings(
    reader: _Reader, how: Sending, vantage: VantageFacts, message: MessageFacts | None
) -> tuple[Listing, ...]:
    started = reader.recording.started
    links = tuple(link.host for link in message.links) if message is not None else ()
    who = identities(started.target, started.options, how)

    def read(look_up: Lookup) -> tuple[Listing, ...]:
        by_depth = started.survey >= ev.SURVEY
        survey = reputation.survey(who, started.options, lambda: links, by_depth=by_depth)
        return drive(survey, look_up, _place(vantage))

    return reader.part("listings", (who, vantage, links), read)
