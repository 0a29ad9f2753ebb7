"""What is asked about the recipient's domain."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from probe._dataclass import dataclass, replace
from probe.model.fault import recover_steps
from probe.model.observed import Part
from probe.model.program_part import ProgramPart
from probe.model.target import Options
from probe.standards.dns.dns64 import made_addresses
from probe.standards.dns.helo import parse_literal
from probe.standards.dns.message import Answer, Question, RecordType, Resolution, Status
from probe.standards.dns.results import MxHost, MxResult, RouteKind
from probe.standards.mta_sts.policy import policy_host
from probe.standards.mta_sts.record import read_record, record_question
from probe.standards.mta_sts.tls_rpt import tls_rpt_question
from probe.standards.tls.results import TlsaSet
from probe.survey.driving import PolicyHost, Route, Survey, mailer, part, together
from probe.survey.sending import route, route_as


@dataclass(frozen=True, slots=True)
class TransportRecords:
    """The TXT records that govern TLS towards a domain, and the addresses of the host that has its policy of
    MTA-STS, where there is one."""

    mta_sts: Answer
    tls_rpt: Answer
    policy_host: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class HostTlsa:
    """TLSA answers of one MX host by base domain, in the order in which they count. If there are none, the
    host's address is not DNSSEC-signed, or, with `unanswered`, DNS did not say whether it is, or was not
    asked. `next_hop` is the domain whose MX it is."""

    host: str
    answers: tuple[tuple[str, Answer], ...]
    unanswered: Answer | None = None
    next_hop: str = ""

    @property
    def decisive(self) -> tuple[str, Answer] | None:
        """The base domain that counts, and its answer: the first whose answer is not a denial (RFC 7672
        section 2.2.2), else the last; None if there is none."""
        for base, answer in self.answers:
            if answer.is_unknown or (answer.authenticated and answer.tlsas()):
                return base, answer
        return self.answers[-1] if self.answers else None

    @property
    def tlsas(self) -> TlsaSet:
        """The records that a secure answer gave, with the names that they go with."""
        base, answer = self.decisive or ("", None)
        records = answer.tlsas() if answer is not None and answer.authenticated else ()
        return TlsaSet(records, tuple(dict.fromkeys((base, self.next_hop))) if records else ())

    @property
    def known_tlsas(self) -> TlsaSet | None:
        """The same; None if DNS did not say whether there are any (RFC 7672 section 2.1.2)."""
        answer = self.unanswered if self.decisive is None else self.decisive[1]
        return None if answer is not None and _is_silent(answer) else self.tlsas


def transport_records(domain: str) -> Resolution[TransportRecords]:
    """_mta-sts (RFC 8461 section 3.1) and _smtp._tls (RFC 8460 section 3)."""
    mta_sts, tls_rpt = yield (
        record_question(domain),
        tls_rpt_question(domain),
    )
    return TransportRecords(mta_sts, tls_rpt)


def policy_host_answers(domain: str) -> Resolution[tuple[Answer, ...]]:
    """A and AAAA of the MTA-STS policy host (RFC 8461 section 3.3)."""
    host = policy_host(domain)
    return (yield (Question(host, RecordType.A), Question(host, RecordType.AAAA)))


def tlsa_answers(mx: MxResult, port: int) -> Resolution[tuple[HostTlsa, ...]]:
    """TLSA of each MX host, asked only if a name of it is DNSSEC-signed (RFC 7672 section 2.2.2)."""
    doubtful = [host for host in mx.hosts if host.is_alias and is_dane_candidate(mx, not host.secure)]
    own: dict[str, Answer] = {}
    if doubtful:
        # the CNAME chain ends in an unsigned zone: is its first record signed?
        aliases = yield tuple(Question(host.host, RecordType.CNAME) for host in doubtful)
        own = {host.host: answer for host, answer in zip(doubtful, aliases, strict=True)}
    bases = {host.host: _base_domains(mx, host, own.get(host.host)) for host in mx.hosts}
    # without an answer about the addresses it is not known whether they are secure
    silent = {host.host: _all_unanswered(host) if is_dane_candidate(mx, True) else None for host in mx.hosts}
    questions = tuple(_tlsa_question(name, port) for names in bases.values() for name in names)
    answers = (yield questions) if questions else ()
    by_question = {answer.question: answer for answer in answers}
    hosts = []
    for host, names in bases.items():
        pairs = tuple((name, by_question[_tlsa_question(name, port)]) for name in names)
        hosts.append(HostTlsa(host, pairs, silent[host] or _unanswered(own.get(host)), mx.domain))
    return tuple(hosts)


def _tlsa_question(name: str, port: int) -> Question:
    return Question(f"_{port}._tcp.{name}", RecordType.TLSA)


def _base_domains(mx: MxResult, host: MxHost, own_cname: Answer | None) -> tuple[str, ...]:
    """The base domains of a host's TLSA records in the order of RFC 7672 section 2.2.2: the end of its CNAME
    chain if all of it is secure, then its own name; only its own name if only the first CNAME is secure."""
    if is_dane_candidate(mx, host.secure):
        targets = [answer.aliases[-1] for answer in host.answers if answer.aliases]
        return tuple(dict.fromkeys((*targets, host.host)))
    return (host.host,) if own_cname is not None and own_cname.authenticated else ()


def _all_unanswered(host: MxHost) -> Answer | None:
    """What was said instead of an address, if there was no answer about one; a question that was asked comes
    first."""
    if not host.answers or not all(answer.is_unknown for answer in host.answers):
        return None
    return next(filter(_is_silent, host.answers), host.answers[0])


def _unanswered(answer: Answer | None) -> Answer | None:
    return answer if answer is not None and _is_silent(answer) else None


def _is_silent(answer: Answer) -> bool:
    return answer.is_unknown and answer.status is not Status.NOT_ASKED


def is_dane_candidate(mx: MxResult, host_is_secure: bool) -> bool:
    """DANE needs a secure address answer, and a secure MX answer where there are MX records
    (RFC 7672 section 2.2.1)."""
    if mx.kind in (RouteKind.MX, RouteKind.IMPLICIT_MX):
        return host_is_secure and mx.secure
    return host_is_secure and mx.kind is RouteKind.FIXED


@dataclass(frozen=True, slots=True)
class RecipientRecords:
    """What DNS says about the recipient's domain. `transport` is None if nothing was asked, as for an address
    literal; `tlsas` one entry an MX host."""

    mx: MxResult
    transport: TransportRecords | None = None
    tlsas: tuple[HostTlsa, ...] = ()


def survey(domain: str, options: Options) -> Survey[RecipientRecords]:
    """Everything that is asked about the recipient's side: the route first, then the transport security of
    its hosts. The MX hosts are looked up while the local mail server is still being read, so that their
    answers are there when it turns out that mail goes to them."""
    find: Callable[[], Resolution[MxResult]] = partial(route, domain, options)
    mx = yield from recover_steps(ProgramPart.ROUTE, find(), None, step=2)
    how = yield from mailer()
    if how is not None and how.mta is not None:
        find = partial(route_as, domain, how)
        mx = yield from recover_steps(ProgramPart.ROUTE, find(), None, step=2)
    if mx is not None and mx.decisive_denials:
        from probe.survey.corroboration import corroborate  # most domains are not denied

        mx = yield from recover_steps(ProgramPart.ROUTE, corroborate(mx, find), mx, step=2)
    yield Route(mx)
    records = RecipientRecords(mx or MxResult(domain, RouteKind.UNKNOWN, (), ()))
    safely = _transport_security(records, how.port if how is not None else options.smtp_port)
    return (yield from part(Part.TRANSPORT_SECURITY, safely, records))


def _transport_security(records: RecipientRecords, port: int) -> Survey[RecipientRecords]:
    """MTA-STS, TLS-RPT and TLSA; and whether the resolver made the hosts' addresses itself (DNS64)."""
    mx = records.mx
    transport, tlsas, _ = yield from together(
        recover_steps(ProgramPart.MTA_STS, _transport(mx.domain), None, step=2),
        recover_steps(ProgramPart.DANE, tlsa_answers(mx, port), (), step=2),
        recover_steps(ProgramPart.DNS64, made_addresses(mx), (), step=2),
    )
    return RecipientRecords(mx, transport, tlsas)


def _transport(domain: str) -> Survey[TransportRecords | None]:
    if parse_literal(domain) is not None:
        return None
    records = yield from transport_records(domain)
    if read_record(records.mta_sts).policy_id is None:
        return records
    answers = yield from policy_host_answers(domain)
    yield PolicyHost(domain, answers)
    return replace(records, policy_host=answers)
