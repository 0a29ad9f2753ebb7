"""Recording to facts: drives the same generators as the live run, over what was recorded."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from probe.facts.bounce import bounce_of
from probe.facts.model import MESSAGE_READER, Facts, RecipientFacts, SenderFacts, VantageFacts
from probe.facts.resolver import notable_answers
from probe.facts.session import Session
from probe.facts.sessions import sessions_of
from probe.facts.transport import dane_of, mta_sts_of, tls_rpt_of
from probe.knowledge.providers import by_domain, by_mx_hosts
from probe.knowledge.typo import likely_typo_of
from probe.model.fault import spared, watched
from probe.model.target import recipient_domain
from probe.reading.message.read import read_message
from probe.reading.message.results import MessageFacts
from probe.reading.message.signatures import signing_selectors, verify_signatures
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dkim.results import KeyResult, KeyStatus
from probe.standards.dmarc.results import Alignment, DmarcResult
from probe.standards.dns.message import Resolution, T, run
from probe.standards.dns.ptr import confirm_reverse
from probe.standards.dns.results import MxResult, RouteKind
from probe.standards.dnsbl.results import Listing
from probe.standards.mta_sts.results import StsResult, StsStatus, TlsRptResult
from probe.standards.spf.results import SpfResult
from probe.survey import recipient, reputation, sender


def facts_of(recording: Recording) -> Facts:
    """Everything a recording shows; works on every prefix of a recording. A reader that fails costs what it
    would have read, and is named in `faults`."""
    with watched() as faults:
        facts = _read(recording)
    return replace(facts, faults=tuple(faults))


def _read(recording: Recording) -> Facts:
    started = recording.started
    sessions = sessions_of(recording)
    vantage = _vantage(recording, sessions)
    message = spared(MESSAGE_READER, partial(_message, recording), None, step=5)
    return Facts(
        target=started.target,
        options=started.options,
        vantage=vantage,
        recipient=_recipient(recording, sessions),
        sender=_sender(recording, vantage, message),
        listings=spared("the blocklists", partial(_listings, recording, vantage, message), (), step=6),
        sessions=sessions,
        message=message,
        opinions=recording.all(ev.OpinionGiven),
        not_reached=recording.all(ev.NotReached),
        started_at=started.started_at,
        elapsed_ms=recording.elapsed_ms,
        complete=recording.last(ev.Finished) is not None,
        redacted=started.redacted,
        bounce=spared("the reading of the bounce", partial(bounce_of, recording), None, step=1),
        resolver=spared(
            "the reading of the resolver's answers", partial(notable_answers, recording), (), step=1
        ),
    )


def _over(recording: Recording, resolution: Resolution[T]) -> T:
    return run(resolution, recording.answer)


def _over_or_none(recording: Recording, part: str, resolution: Resolution[T]) -> T | None:
    """The same, with None where this program fails on what DNS said."""
    return spared(part, lambda: _over(recording, resolution), None, step=2)


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
    mx = spared(
        "the mail route",
        lambda: _over(recording, recipient.route(domain, started.options)),
        MxResult(domain, RouteKind.UNKNOWN, (), ()),
        step=2,
    )
    hosts = [host.host for host in mx.hosts]
    return RecipientFacts(
        domain=domain,
        mx=mx,
        provider=spared("the provider", lambda: by_mx_hosts(hosts) or by_domain(domain), None, step=2),
        mta_sts=spared(
            "MTA-STS",
            lambda: mta_sts_of(recording, domain, hosts),
            StsResult(domain, StsStatus.UNKNOWN),
            step=2,
        ),
        tls_rpt=spared(
            "TLS-RPT",
            lambda: tls_rpt_of(recording, domain),
            TlsRptResult(domain, StsStatus.UNKNOWN),
            step=2,
        ),
        dane=spared("DANE", lambda: dane_of(recording, mx, sessions), (), step=2),
        typo_of=spared("the comparison with known domains", lambda: likely_typo_of(domain), None, step=3),
    )


def _sender(recording: Recording, vantage: VantageFacts, message: MessageFacts | None) -> SenderFacts:
    started = recording.started
    options = started.options
    who = sender.identities(started.target, options)
    if not who.exists:
        return _nobody()
    over = partial(_over_or_none, recording)
    ip = vantage.source_ip
    spf = over("SPF", sender.spf_of_mail_from(who, ip, vantage.helo)) if ip and vantage.helo else None
    author = who.author_domain
    mail = over("the mail route of the sender", sender.mail_domain(author, options)) if author else None
    keys: tuple[KeyResult, ...] = ()
    if author is not None and mail is not None:
        selectors = spared("the selectors of the message", partial(_selectors, recording), (), step=5)
        keys = over("DKIM", sender.dkim_keys(author, options, mail, selectors)) or ()
    dmarc = over("DMARC", sender.dmarc_of(author)) if author else None
    ptr = over("PTR", confirm_reverse(ip)) if ip else None
    spf_helo = sender.spf_of_helo(ip, vantage.helo) if ip and vantage.helo else None
    helo = sender.helo_of(vantage.helo, vantage.probe_ip, ptr) if vantage.helo and ptr else None
    bounces = who.mail_from_domain
    return SenderFacts(
        domain=bounces,
        author_domain=author,
        spf=spf,
        spf_helo=over("SPF of the EHLO name", spf_helo) if spf_helo is not None else None,
        dkim=keys,
        dmarc=dmarc,
        alignment=spared(
            "alignment", lambda: _alignment(recording, dmarc, spf, keys), Alignment(None, None), step=2
        ),
        ptr=ptr,
        helo=over("the EHLO name", helo) if helo is not None else None,
        mail=over("the mail route of the sender", sender.mail_domain(bounces, options)) if bounces else mail,
        typo_of=spared("the comparison with known domains", lambda: likely_typo_of(author), None, step=6)
        if author
        else None,
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
