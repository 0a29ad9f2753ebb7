"""Recording to facts: drives the same generators as the live run, over what was recorded."""

from __future__ import annotations

from functools import partial

from probe.facts.bounce import bounce_of
from probe.facts.model import Facts, RecipientFacts, SenderFacts, VantageFacts
from probe.facts.resolver import notable_answers
from probe.facts.session import Session
from probe.facts.sessions import sessions_of
from probe.facts.transport import dane_of, mta_sts_of, tls_rpt_of
from probe.knowledge.providers import by_domain, by_mx_hosts
from probe.knowledge.typo import likely_typo_of
from probe.message.read import read_message
from probe.message.results import MessageFacts
from probe.message.signatures import signing_selectors, verify_signatures
from probe.model.target import recipient_domain
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dkim.results import KeyResult, KeyStatus
from probe.standards.dmarc.results import Alignment, DmarcResult
from probe.standards.dns.message import Resolution, T, run
from probe.standards.dns.ptr import confirm_reverse
from probe.standards.dnsbl.results import Listing
from probe.standards.spf.results import SpfResult
from probe.survey import recipient, reputation, sender


def facts_of(recording: Recording) -> Facts:
    """Everything a recording shows; works on every prefix of a recording."""
    started = recording.started
    sessions = sessions_of(recording)
    vantage = _vantage(recording, sessions)
    message = _message(recording)
    return Facts(
        target=started.target,
        options=started.options,
        vantage=vantage,
        recipient=_recipient(recording, sessions),
        sender=_sender(recording, vantage, message),
        listings=_listings(recording, vantage, message),
        sessions=sessions,
        message=message,
        opinions=recording.all(ev.OpinionGiven),
        not_reached=recording.all(ev.NotReached),
        started_at=started.started_at,
        elapsed_ms=recording.elapsed_ms,
        complete=recording.last(ev.Finished) is not None,
        redacted=started.redacted,
        bounce=bounce_of(recording),
        resolver=notable_answers(recording),
    )


def _over(recording: Recording, resolution: Resolution[T]) -> T:
    return run(resolution, recording.answer)


def _vantage(recording: Recording, sessions: tuple[Session, ...]) -> VantageFacts:
    options = recording.started.options
    seen = recording.last(ev.Vantage)
    connected = next((s.local_ip for s in sessions if s.local_ip is not None), None)
    probe_ip = connected or (seen.source_ip if seen is not None else None) or options.bind
    return VantageFacts(
        source_ip=options.ip or probe_ip,
        probe_ip=probe_ip,
        is_sending_address=None if options.ip is None else options.ip == probe_ip,
        hostname=seen.hostname if seen is not None else "",
        helo=seen.helo if seen is not None else (options.helo or ""),
        helo_reason=seen.helo_reason if seen is not None else "",
    )


def _message(recording: Recording) -> MessageFacts | None:
    given = recording.last(ev.MessageGiven)
    if given is None:
        return None
    signatures = _over(recording, verify_signatures(given.data))
    return read_message(given.data, signatures)


def _recipient(recording: Recording, sessions: tuple[Session, ...]) -> RecipientFacts:
    started = recording.started
    domain = recipient_domain(started.target)
    mx = _over(recording, recipient.route(domain, started.options))
    hosts = [host.host for host in mx.hosts]
    return RecipientFacts(
        domain=domain,
        mx=mx,
        provider=by_mx_hosts(hosts) or by_domain(domain),
        mta_sts=mta_sts_of(recording, domain, hosts),
        tls_rpt=tls_rpt_of(recording, domain),
        dane=dane_of(recording, mx, sessions),
        typo_of=likely_typo_of(domain),
    )


def _sender(recording: Recording, vantage: VantageFacts, message: MessageFacts | None) -> SenderFacts:
    started = recording.started
    options = started.options
    who = sender.identities(started.target, options)
    if not who.exists:
        return _nobody()
    over = partial(_over, recording)
    ip = vantage.source_ip
    spf = over(sender.spf_of_mail_from(who, ip, vantage.helo)) if ip and vantage.helo else None
    author = who.author_domain
    mail = over(sender.mail_domain(author, options)) if author else None
    keys: tuple[KeyResult, ...] = ()
    if author is not None and mail is not None:
        keys = over(sender.dkim_keys(author, options, mail, _selectors(recording)))
    dmarc = over(sender.dmarc_of(author)) if author else None
    ptr = over(confirm_reverse(ip)) if ip else None
    return SenderFacts(
        domain=who.mail_from_domain,
        author_domain=author,
        spf=spf,
        spf_helo=over(sender.spf_of_helo(ip, vantage.helo)) if ip and vantage.helo else None,
        dkim=keys,
        dmarc=dmarc,
        alignment=_alignment(recording, dmarc, spf, keys),
        ptr=ptr,
        helo=over(sender.helo_of(vantage.helo, vantage.probe_ip, ptr)) if vantage.helo and ptr else None,
        mail=over(sender.mail_domain(who.mail_from_domain, options)) if who.mail_from_domain else mail,
        typo_of=likely_typo_of(author) if author else None,
    )


def _nobody() -> SenderFacts:
    nothing = Alignment(None, None)
    return SenderFacts(None, None, None, None, (), None, nothing, None, None, None, None)


def _selectors(recording: Recording) -> tuple[str, ...]:
    """The s= of the message's signatures: they end the guessing."""
    given = recording.last(ev.MessageGiven)
    return signing_selectors(given.data) if given is not None else ()


def _alignment(
    recording: Recording, dmarc: DmarcResult | None, spf: SpfResult | None, keys: tuple[KeyResult, ...]
) -> Alignment:
    if dmarc is None:
        return Alignment(None, None)
    usable = tuple(key.domain for key in keys if key.status is KeyStatus.VALID)
    return _over(recording, sender.possible_alignment(dmarc, spf.domain if spf else None, usable))


def _listings(
    recording: Recording, vantage: VantageFacts, message: MessageFacts | None
) -> tuple[Listing, ...]:
    options = recording.started.options
    who = sender.identities(recording.started.target, options)
    links = tuple(link.host for link in message.links) if message is not None else ()
    wanted = reputation.subjects(vantage.source_ip, who, vantage.helo, links)
    by_depth = recording.started.survey >= ev.SURVEY
    return _over(recording, reputation.listings(wanted, options, by_depth=by_depth))
