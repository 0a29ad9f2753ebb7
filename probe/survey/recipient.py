"""What is asked about the recipient's domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from probe.model.target import Options
from probe.standards.dns.helo import parse_literal
from probe.standards.dns.message import Answer, Question, RecordType, Resolution
from probe.standards.dns.mx import fixed_route, literal_route, resolve_mx
from probe.standards.dns.results import MxResult, RouteKind
from probe.standards.mta_sts.policy import policy_host
from probe.standards.mta_sts.record import record_question
from probe.standards.mta_sts.tls_rpt import tls_rpt_question


def route(domain: str, options: Options) -> Resolution[MxResult]:
    """Where mail for `domain` is to be taken: --mx, the address literal, or the MX records."""
    if options.mx is not None:
        return (yield from fixed_route(options.mx, families=options.usable_families))
    literal = parse_literal(domain)
    if literal is not None:
        return (yield from literal_route(literal))
    return (yield from resolve_mx(domain, families=options.usable_families, seed=options.seed))


@dataclass(frozen=True, slots=True)
class TransportRecords:
    """The TXT records that govern TLS towards a domain."""

    mta_sts: Answer
    tls_rpt: Answer


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


def tlsa_answers(mx: MxResult, port: int) -> Resolution[tuple[tuple[str, Answer | None], ...]]:
    """TLSA of each MX host, asked only where the address answer was secure (RFC 7672 section 2.2.2)."""
    asked = [host for host in mx.hosts if is_dane_candidate(mx, host.secure)]
    answers: Sequence[Answer] = ()
    if asked:
        answers = yield tuple(Question(f"_{port}._tcp.{host.host}", RecordType.TLSA) for host in asked)
    by_host = {host.host: answer for host, answer in zip(asked, answers, strict=True)}
    return tuple((host.host, by_host.get(host.host)) for host in mx.hosts)


def is_dane_candidate(mx: MxResult, host_is_secure: bool) -> bool:
    """DANE needs a secure address answer, and a secure MX answer where there are MX records
    (RFC 7672 section 2.2.1)."""
    if mx.kind in (RouteKind.MX, RouteKind.IMPLICIT_MX):
        return host_is_secure and mx.secure
    return host_is_secure and mx.kind is RouteKind.FIXED
