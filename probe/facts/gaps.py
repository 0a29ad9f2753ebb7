"""Why something is not known: the reason of each None in the facts, and of each empty list that means "not
looked at".

Results of a standard (`SpfResult`, `MxResult` and so on) are not included: their own status says why a value
is None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from probe._dataclass import fields
from probe._enum import StrEnum
from probe.facts.model import Facts
from probe.facts.session import Session, TlsFacts
from probe.model.address import NullReversePath
from probe.model.observed import Gap, Part
from probe.model.program_part import ProgramPart
from probe.model.reason import Reason
from probe.model.sighting import AddressBasis
from probe.model.target import DomainTarget
from probe.standards.dkim.results import KeyStatus
from probe.survey.identities import identities

Why = Reason[Gap]


class Fact(StrEnum):
    """The facts of a run that may be unknown, by their path in `Facts`."""

    SOURCE_IP = "vantage.source_ip"
    PROBE_IP = "vantage.probe_ip"
    OUTSIDE_IP = "vantage.outside_ip"
    IS_SENDING_ADDRESS = "vantage.is_sending_address"
    HELO_REASON = "vantage.helo_reason"
    PROVIDER = "recipient.provider"
    RECIPIENT_TYPO = "recipient.typo_of"
    DOMAIN = "sender.domain"
    AUTHOR_DOMAIN = "sender.author_domain"
    SPF = "sender.spf"
    SPF_HELO = "sender.spf_helo"
    DKIM = "sender.dkim"
    DMARC = "sender.dmarc"
    SPF_ALIGNMENT = "sender.alignment.spf"
    DKIM_ALIGNMENT = "sender.alignment.dkim"
    PTR = "sender.ptr"
    HELO = "sender.helo"
    MAIL = "sender.mail"
    TYPO = "sender.typo_of"
    LISTINGS = "listings"
    SESSIONS = "sessions"
    MESSAGE = "message"
    BOUNCE = "bounce"
    BOUNCE_STATUS = "bounce.status"
    MTA = "mta"
    WHY_NO_MTA = "why_no_mta"
    TLS_POLICY = "tls_policy"
    LOG = "log"


def gap_of(facts: Facts, fact: Fact) -> Why | None:
    """Why a fact is not known; None if it is known."""
    return None if _is_known(facts, fact) else _WHY[fact](facts)


def gaps_of(facts: Facts) -> Mapping[str, Why]:
    """Every unknown fact of a run by its path; those of sessions by the index of the session:
    `sessions.0.tls.certificate`."""
    gaps = {fact.value: why for fact in Fact if (why := gap_of(facts, fact)) is not None}
    for index, session in enumerate(facts.sessions):
        gaps |= {f"sessions.{index}.{place}": Reason(gap) for place, gap in _of_session(facts, session)}
    return gaps


def _is_known(facts: Facts, fact: Fact) -> bool:
    value: object = facts
    for name in fact.value.split("."):
        value = getattr(value, name)
        if value is None:
            # without a bounce there is no status that could be missing
            return fact is Fact.BOUNCE_STATUS and name == "bounce"
    return value != ()


def _unread(facts: Facts, part: Part, *readers: ProgramPart) -> Why:
    """The fault of the reader, else why the run did not make that part, else that the recording ends before
    it."""
    fault = next((it for it in facts.faults if it.part in readers), None)
    if fault is not None:
        return fault.reason
    omission = next((it for it in reversed(facts.not_reached) if it.part is part), None)
    return omission.reason if omission is not None else Reason(Gap.NOT_MADE)


def _no_address(facts: Facts) -> Why:
    """Why there is no address to judge: this host's is private, there is no route, or the run did not look
    yet."""
    if facts.vantage.basis is AddressBasis.PRIVATE:
        return Reason(Gap.PRIVATE_ADDRESS)
    if facts.vantage.helo_reason is not None:
        return Reason(Gap.NO_ADDRESS)
    why = _unread(facts, Part.SENDER_ADDRESS)
    return Reason(Gap.NO_ADDRESS) if facts.complete and why.tag is Gap.NOT_MADE else why


def _no_vantage(facts: Facts) -> Why:
    return _unread(facts, Part.SENDER_ADDRESS)


def _without_sender(facts: Facts) -> Why | None:
    return Reason(Gap.NO_SENDER) if isinstance(facts.target, DomainTarget) else None


def _no_domain(facts: Facts) -> Why:
    """No domain of the reverse-path."""
    if isinstance(facts.target, DomainTarget):
        return Reason(Gap.NO_SENDER)
    null = isinstance(facts.target.reverse_path, NullReversePath)
    return Reason(Gap.NULL_SENDER if null else Gap.ADDRESS_LITERAL)


def _no_author(facts: Facts) -> Why:
    """No domain of the author: of --header-from, else of the reverse-path."""
    return Reason(Gap.ADDRESS_LITERAL) if facts.options.header_from is not None else _no_domain(facts)


def _of_author(facts: Facts, *readers: ProgramPart) -> Why:
    """What the author domain publishes."""
    if facts.sender.author_domain is None:
        return _without_sender(facts) or _no_author(facts)
    return _unread(facts, Part.SENDER_POLICY, *readers)


def _of_address(facts: Facts, *readers: ProgramPart) -> Why:
    """What is judged for the address."""
    if facts.vantage.source_ip is None:
        return _without_sender(facts) or _no_address(facts)
    return _without_sender(facts) or _unread(facts, Part.SENDER_ADDRESS, *readers)


def _of_name(facts: Facts, *readers: ProgramPart) -> Why:
    """What is judged for the address and the EHLO name."""
    if facts.vantage.source_ip is not None and not facts.vantage.helo and not _without_sender(facts):
        return _no_vantage(facts) if facts.vantage.helo_reason is None else Reason(Gap.NO_HELO)
    return _of_address(facts, *readers)


def _no_spf(facts: Facts) -> Why:
    # RFC 7208 section 2.4: for the null reverse-path the EHLO name's SPF is judged, where it is a name
    if identities(facts.target, facts.options).mail_from_domain is None:
        return _no_domain(facts)
    return _of_name(facts, ProgramPart.SPF)


def _no_spf_helo(facts: Facts) -> Why:
    helo = facts.vantage.helo
    if helo and facts.vantage.source_ip is not None and (helo.startswith("[") or "." not in helo):
        return _without_sender(facts) or Reason(Gap.HELO_WITHOUT_DNS)
    return _of_name(facts, ProgramPart.SPF_HELO)


def _no_helo(facts: Facts) -> Why:
    if facts.vantage.helo and facts.vantage.source_ip is not None and facts.sender.ptr is None:
        return _no_ptr(facts)
    return _of_name(facts, ProgramPart.HELO)


def _no_ptr(facts: Facts) -> Why:
    return _of_address(facts, ProgramPart.PTR)


def _no_mail(facts: Facts) -> Why:
    if facts.sender.domain is None and facts.sender.author_domain is None:
        return _no_domain(facts)
    return _unread(facts, Part.SENDER_POLICY, ProgramPart.MAIL)


def _no_spf_alignment(facts: Facts) -> Why:
    return gap_of(facts, Fact.DMARC) or gap_of(facts, Fact.SPF) or Reason(Gap.NO_ANSWER)


def _no_dkim_alignment(facts: Facts) -> Why:
    has_key = any(key.status is KeyStatus.VALID for key in facts.sender.dkim)
    return gap_of(facts, Fact.DMARC) or Reason(Gap.NO_ANSWER if has_key else Gap.NO_KEY)


def _no_listings(facts: Facts) -> Why:
    if not facts.options.dnsbl_enabled:
        return Reason(Gap.NO_DNSBL)
    return _without_sender(facts) or _unread(facts, Part.BLOCKLISTS, ProgramPart.LISTINGS)


def why_no_session(facts: Facts) -> Why:
    """Why no session asked about the target: left out, not read, or the run did not come to it."""
    if not facts.options.smtp:
        return Reason(Gap.NO_SMTP)
    if any(fault.part is ProgramPart.SESSION for fault in facts.faults):
        return Reason(Gap.UNREAD)
    why = _unread(facts, Part.SESSIONS)
    return Reason(Gap.NO_SERVER_ASKED) if why.tag is Gap.NOT_MADE else why


def _none_found(*readers: ProgramPart) -> Callable[[Facts], Why]:
    """It was looked for, and there is none; or the reader failed."""

    def why(facts: Facts) -> Why:
        fault = next((it for it in facts.faults if it.part in readers), None)
        return fault.reason if fault is not None else Reason(Gap.NONE_FOUND)

    return why


def _no_file(part: Part, reader: ProgramPart) -> Callable[[Facts], Why]:
    def why(facts: Facts) -> Why:
        reason = _unread(facts, part, reader)
        return Reason(Gap.NOT_GIVEN) if reason.tag is Gap.NOT_MADE else reason

    return why


def _no_typo(facts: Facts) -> Why:
    if facts.sender.author_domain is None:
        return _of_author(facts)
    return _none_found(ProgramPart.TYPO)(facts)


def _no_tls_policy(facts: Facts) -> Why:
    """The options say how TLS is to be had, or nobody else does."""
    return Reason(Gap.MTA_SILENT, mta=facts.why_no_mta) if facts.mta is None else Reason(Gap.NOT_GIVEN)


_WHY: Mapping[Fact, Callable[[Facts], Why]] = {
    Fact.SOURCE_IP: _no_address,
    Fact.PROBE_IP: _no_address,
    Fact.OUTSIDE_IP: _no_address,
    Fact.IS_SENDING_ADDRESS: lambda _: Reason(Gap.NOT_GIVEN),
    Fact.HELO_REASON: _no_vantage,
    Fact.PROVIDER: _none_found(ProgramPart.PROVIDER),
    Fact.RECIPIENT_TYPO: _none_found(ProgramPart.TYPO),
    Fact.DOMAIN: _no_domain,
    Fact.AUTHOR_DOMAIN: _no_author,
    Fact.SPF: _no_spf,
    Fact.SPF_HELO: _no_spf_helo,
    Fact.DKIM: lambda facts: _of_author(facts, ProgramPart.DKIM),
    Fact.DMARC: lambda facts: _of_author(facts, ProgramPart.DMARC),
    Fact.SPF_ALIGNMENT: _no_spf_alignment,
    Fact.DKIM_ALIGNMENT: _no_dkim_alignment,
    Fact.PTR: _no_ptr,
    Fact.HELO: _no_helo,
    Fact.MAIL: _no_mail,
    Fact.TYPO: _no_typo,
    Fact.LISTINGS: _no_listings,
    Fact.SESSIONS: why_no_session,
    Fact.MESSAGE: _no_file(Part.MESSAGE, ProgramPart.MESSAGE),
    Fact.BOUNCE: _no_file(Part.BOUNCE, ProgramPart.BOUNCE),
    # `why_no_mta` says why; if it is empty, the mail server was not read, or there is none
    Fact.MTA: lambda facts: Reason(Gap.MTA_SILENT, mta=facts.why_no_mta),
    Fact.WHY_NO_MTA: lambda _: Reason(Gap.NONE_FOUND),
    Fact.TLS_POLICY: _no_tls_policy,
    Fact.LOG: lambda _: Reason(Gap.NOT_GIVEN),
    Fact.BOUNCE_STATUS: lambda _: Reason(Gap.NONE_FOUND),  # it tells of no recipient, or of several others
}


def _of_session(facts: Facts, session: Session) -> Iterator[tuple[str, Gap]]:
    """What is not known of a session, of its TLS and of its exchanges."""
    unseen = Gap.NO_EHLO if session.connected else Gap.NOT_CONNECTED
    gaps = {"local_ip": Gap.NOT_CONNECTED, "tls": Gap.NOT_CONNECTED, "end": Gap.NOT_MADE}
    gaps |= {"plain_extensions": unseen, "extensions": unseen, "cause": Gap.NONE_FOUND}
    yield from ((name, gap) for name, gap in gaps.items() if getattr(session, name) is None)
    if session.tls is not None:
        yield from ((f"tls.{name}", gap) for name, gap in _of_tls(facts, session.tls))
    for index, exchange in enumerate(session.exchanges):
        if exchange.reply is None:
            yield f"exchanges.{index}.reply", Gap.NO_REPLY


def _of_tls(facts: Facts, tls: TlsFacts) -> Iterator[tuple[str, Gap]]:
    unseen = Gap.NOT_SECURED
    if tls.established:
        unseen = Gap.REDACTED if facts.redacted else Gap.NO_CERTIFICATE
    gaps = dict.fromkeys(("certificate", "trusted", "name_matches", "trust"), unseen)
    gaps |= dict.fromkeys(("version", "cipher"), Gap.NOT_SECURED)
    gaps |= {"offered": Gap.NO_EHLO, "fault": Gap.NONE_FOUND}
    if tls.certificate is not None:
        gaps["trusted"] = Gap.NOT_JUDGED
    names = (field.name for field in fields(tls) if getattr(tls, field.name) is None)
    yield from ((name, gaps[name]) for name in names)
