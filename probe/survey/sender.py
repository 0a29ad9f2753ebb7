"""What is asked about the sender: the records of each of its identities."""

from __future__ import annotations

from functools import partial

from probe._dataclass import dataclass, replace
from probe.knowledge.providers import operator
from probe.knowledge.selectors import selectors_for
from probe.model.address import IPAddress
from probe.model.fault import recover, recover_steps
from probe.model.observed import Part
from probe.model.program_part import ProgramPart
from probe.model.signing import KeyOrigin
from probe.model.target import Options
from probe.standards.dkim.key import look_up_keys
from probe.standards.dkim.results import KeyResult, KeyStatus
from probe.standards.dmarc.alignment import alignment
from probe.standards.dmarc.discovery import discover
from probe.standards.dmarc.results import Alignment, DmarcResult
from probe.standards.dns.helo import judge_helo
from probe.standards.dns.message import Answer, Question, RecordType, Resolution
from probe.standards.dns.mx import resolve_mx
from probe.standards.dns.ptr import confirm_reverse
from probe.standards.dns.results import HeloResult, MxResult, PtrResult
from probe.standards.spf.check_host import check_host
from probe.standards.spf.record import is_spf
from probe.standards.spf.results import SpfIdentity, SpfResult, SpfVerdict
from probe.survey.driving import Place, Survey, part, standing, together
from probe.survey.identities import Identities


def spf_of_mail_from(who: Identities, ip: IPAddress, helo: str) -> Resolution[SpfResult | None]:
    """check_host for MAIL FROM; for the null reverse-path postmaster@HELO (RFC 7208 section 2.4)."""
    if who.mail_from is None:
        return (yield from spf_of_helo(ip, helo, identity=SpfIdentity.MAIL_FROM))
    if who.mail_from_domain is None:
        return None
    domain, local_part = who.mail_from_domain, who.mail_from.local_part
    return _unless_silent((yield from check_host(ip, domain, local_part, domain, helo)))


def spf_of_helo(
    ip: IPAddress, helo: str, *, identity: SpfIdentity = SpfIdentity.HELO
) -> Resolution[SpfResult | None]:
    """check_host for the HELO identity; an address literal has none (RFC 7208 section 2.3)."""
    if helo.startswith("[") or "." not in helo:
        return None
    return _unless_silent((yield from check_host(ip, helo, "postmaster", helo, helo, identity=identity)))


_WITHOUT_MATCH = (SpfVerdict.FAIL, SpfVerdict.SOFTFAIL, SpfVerdict.NEUTRAL)


def _unless_silent(result: SpfResult) -> SpfResult:
    """A result that was reached past a question without an answer is not what receivers find: not known."""
    if result.silence is None or result.verdict not in _WITHOUT_MATCH:
        return result
    return replace(result, verdict=SpfVerdict.TEMPERROR, matched=None, problem=result.silence, explanation="")


def published_spf(domain: str) -> Resolution[tuple[str, ...]]:
    """The names that the domain's SPF record includes or redirects to: they show who sends for it."""
    (answer,) = yield (Question(domain, RecordType.TXT),)
    spf = [txt.data.decode("ascii", "replace") for txt in answer.txts() if is_spf(txt.data)]
    terms = [term.lower().lstrip("+-~?") for record in spf for term in record.split()]
    return tuple(
        term.split(":", 1)[-1].split("=", 1)[-1].strip(".")
        for term in terms
        if term.startswith(("include:", "redirect="))
    )


def dkim_keys(
    domain: str, options: Options, mail: MxResult, message_selectors: tuple[str, ...]
) -> Resolution[tuple[KeyResult, ...]]:
    """Keys of the given selectors, else of the message's, the provider's and the common ones."""
    candidates = [(selector, KeyOrigin.GIVEN) for selector in options.selectors]
    candidates += [(s, KeyOrigin.MESSAGE) for s in message_selectors if s not in options.selectors]
    if not candidates:
        runs = operator([host.host for host in mail.hosts], domain=domain)
        includes = yield from published_spf(domain)
        candidates = list(selectors_for(domain, includes, runs.key if runs and runs.provider else None))
    return (yield from look_up_keys(domain, tuple(candidates)))


def dmarc_of(author_domain: str) -> Resolution[DmarcResult]:
    """DMARC discovery for the author domain."""
    return (yield from discover(author_domain))


def possible_alignment(
    dmarc: DmarcResult, spf_domain: str | None, dkim_domains: tuple[str, ...]
) -> Resolution[Alignment]:
    """Whether SPF and DKIM identifiers can align with the author domain."""
    return (yield from alignment(dmarc, spf_domain, dkim_domains))


def mail_domain(domain: str, options: Options) -> Resolution[MxResult]:
    """Whether the sender domain takes mail itself; if not, bounces and callouts fail."""
    return (yield from resolve_mx(domain, families=options.usable_families, seed=options.seed))


def helo_of(name: str, outside_ip: IPAddress | None, ptr: PtrResult | None) -> Resolution[HeloResult]:
    """The EHLO name, compared with the address at which servers see the probe."""
    return (yield from judge_helo(name, outside_ip, ptr))


_UNKNOWN = Alignment(None, None)


@dataclass(frozen=True, slots=True)
class SenderRecords:
    """What DNS says about the sender's side; None if there is nothing to ask about, or this program failed at
    it. `mail` says whether the sender domain (if there is none, the author domain) takes mail itself."""

    spf: SpfResult | None = None
    spf_helo: SpfResult | None = None
    dkim: tuple[KeyResult, ...] = ()
    dmarc: DmarcResult | None = None
    alignment: Alignment = _UNKNOWN
    ptr: PtrResult | None = None
    helo: HeloResult | None = None
    mail: MxResult | None = None


def survey(who: Identities, options: Options, message: bytes | None) -> Survey[SenderRecords]:
    """Everything that is asked about the sender's side: the records that do not depend on the address, and at
    the same time, once the probe's address is known, those that do."""
    if not who.exists:
        return SenderRecords()
    mail_result, rest = yield from together(
        part(Part.SENDER_POLICY, _published(who, options, message), _NOTHING),
        part(Part.SENDER_ADDRESS, _by_address(who), SenderRecords()),
    )
    mail, dkim = mail_result
    usable = tuple(key.domain for key in dkim if key.status is KeyStatus.VALID)
    # the signing domain is the author domain, which is asked about anyway
    dkim_result = yield from _aligned(rest.dmarc, None, usable)
    alignment = Alignment(rest.alignment.spf, dkim_result.dkim)
    return replace(rest, mail=mail, dkim=dkim, alignment=alignment)


_Published = tuple[MxResult | None, tuple[KeyResult, ...]]
_NOTHING: _Published = (None, ())


def _published(who: Identities, options: Options, message: bytes | None) -> Survey[_Published]:
    """Whether the domains take mail, and DKIM keys: the author domain's, and those of the message."""
    of_message = _of_message(message) if message is not None else _nothing()
    (mail, dkim), bounces, _ = yield from together(
        _of_author(who.author_domain, options, message),
        _mail(who.mail_from_domain, options),
        recover_steps(ProgramPart.MESSAGE_KEYS, of_message, (), step=5),
    )
    return (bounces if who.mail_from_domain is not None else mail), dkim


def _of_message(message: bytes) -> Resolution[tuple[Answer, ...]]:
    from probe.reading.message.signatures import key_answers

    return key_answers(message)


def _of_author(domain: str | None, options: Options, message: bytes | None) -> Survey[_Published]:
    mail = yield from _mail(domain, options)
    if domain is None or mail is None:
        return mail, ()
    keys = _keys(domain, options, mail, message)
    return mail, (yield from recover_steps(ProgramPart.DKIM, keys, (), step=2))


def _mail(domain: str | None, options: Options) -> Survey[MxResult | None]:
    if domain is None:
        return None
    route = mail_domain(domain, options)
    return (yield from recover_steps(ProgramPart.MAIL, route, None, step=2))


def _keys(
    domain: str, options: Options, mail: MxResult, message: bytes | None
) -> Resolution[tuple[KeyResult, ...]]:
    """The keys of the message's selectors; if it has any, no others are guessed."""
    selectors: tuple[str, ...] = ()
    if message is not None:
        from probe.reading.message.signatures import signing_selectors

        selectors = recover(ProgramPart.MESSAGE_SELECTORS, partial(signing_selectors, message), (), step=5)
    return (yield from dkim_keys(domain, options, mail, selectors))


def _by_address(who: Identities) -> Survey[SenderRecords]:
    """SPF, PTR and EHLO name of the probe's address; DMARC, and whether SPF aligns."""
    dmarc, place = yield from together(_dmarc(who.author_domain), _from_place(who))
    alignment = yield from _aligned(dmarc, place.spf.domain if place.spf is not None else None, ())
    return replace(place, dmarc=dmarc, alignment=alignment)


def _dmarc(author: str | None) -> Survey[DmarcResult | None]:
    if author is None:
        return None
    discovery = recover_steps(ProgramPart.DMARC, dmarc_of(author), None, step=2)
    return (yield from part(Part.SENDER_POLICY, discovery, None))


def _from_place(who: Identities) -> Survey[SenderRecords]:
    place = yield from standing()
    ip, name = place.source_ip, place.helo
    if ip is None:  # the name can be judged without an address
        return SenderRecords(helo=(yield from _helo(place, None)) if name else None)
    (ptr, helo), spf, spf_helo = yield from together(
        _names(ip, place),
        recover_steps(ProgramPart.SPF, spf_of_mail_from(who, ip, name) if name else _nothing(), None, step=2),
        recover_steps(ProgramPart.SPF_HELO, spf_of_helo(ip, name) if name else _nothing(), None, step=2),
    )
    return SenderRecords(spf=spf, spf_helo=spf_helo, ptr=ptr, helo=helo)


def _names(ip: IPAddress, place: Place) -> Survey[tuple[PtrResult | None, HeloResult | None]]:
    """The names of the address, and the EHLO name beside them."""
    ptr = yield from recover_steps(ProgramPart.PTR, confirm_reverse(ip), None, step=2)
    if not place.helo or ptr is None:
        return ptr, None
    return ptr, (yield from _helo(place, ptr))


def _helo(place: Place, ptr: PtrResult | None) -> Survey[HeloResult | None]:
    helo = helo_of(place.helo, place.outside_ip, ptr)
    return (yield from recover_steps(ProgramPart.HELO, helo, None, step=2))


def _aligned(
    dmarc: DmarcResult | None, spf_domain: str | None, signing_domains: tuple[str, ...]
) -> Survey[Alignment]:
    if dmarc is None:
        return _UNKNOWN
    resolution = possible_alignment(dmarc, spf_domain, signing_domains)
    return (yield from recover_steps(ProgramPart.ALIGNMENT, resolution, _UNKNOWN, step=2))


def _nothing() -> Resolution[None]:
    yield from ()
    return None
