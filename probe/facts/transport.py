"""MTA-STS, TLS-RPT and DANE of the recipient's domain, from the recording."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from probe._dataclass import replace
from probe.facts.session import Session
from probe.model.observed import FetchFault
from probe.model.tls_policy import TlsaProblem, TlsaWhy
from probe.recording import events as ev
from probe.standards.dns.helo import parse_literal
from probe.standards.dns.message import Answer, Status
from probe.standards.mta_sts.judge import judge
from probe.standards.mta_sts.policy import policy_url
from probe.standards.mta_sts.results import StsResult, StsStatus, TlsRptResult
from probe.standards.mta_sts.tls_rpt import judge_tls_rpt
from probe.standards.tls.results import DaneResult, DaneStatus
from probe.survey.recipient import HostTlsa, TransportRecords


def mta_sts_of(
    records: TransportRecords | None,
    domain: str,
    mx_hosts: Sequence[str],
    fetches: tuple[ev.HttpsFetched, ...],
) -> StsResult:
    """The MTA-STS record and policy, as far as they were fetched; an address literal has none."""
    if parse_literal(domain) is not None:
        return StsResult(domain, StsStatus.ABSENT)
    if records is None:
        return StsResult(domain, StsStatus.UNKNOWN)
    url = policy_url(domain)
    policy = next((event for event in fetches if event.url == url), None)
    result = judge(domain, records.mta_sts, policy, tuple(mx_hosts))
    if result.fetch is None or result.fetch.tag is not FetchFault.NO_ANSWER:
        return result
    return replace(result, host_answers=records.policy_host)


def tls_rpt_of(records: TransportRecords | None, domain: str) -> TlsRptResult:
    """The _smtp._tls record; an address literal has none."""
    if parse_literal(domain) is not None:
        return TlsRptResult(domain, StsStatus.ABSENT)
    if records is None:
        return TlsRptResult(domain, StsStatus.UNKNOWN)
    return judge_tls_rpt(domain, records.tls_rpt)


def dane_of(
    tlsas: tuple[HostTlsa, ...], sessions: tuple[Session, ...], started_at: str
) -> tuple[DaneResult, ...]:
    """DANE of each MX host, compared with the certificate that was seen there."""
    at = datetime.fromisoformat(started_at)
    return tuple(_dane(tlsa, sessions, at) for tlsa in tlsas)


def _dane(tlsa: HostTlsa, sessions: tuple[Session, ...], at: datetime) -> DaneResult:
    host = tlsa.host
    if tlsa.decisive is None:
        return _without_base(tlsa)
    base, answer = tlsa.decisive
    evidence = tuple(answer.ref for _, answer in tlsa.answers)
    result = DaneResult(host, DaneStatus.ABSENT, evidence=evidence, base="" if base == host else base)
    if answer.is_negative:
        return result
    if answer.is_unknown:
        return replace(result, status=_unknown(answer), problems=(_unanswered(answer),))
    if not answer.authenticated:
        # RFC 7672 section 2.1.1: as if there were none
        return replace(result, status=DaneStatus.INSECURE)
    from probe.standards.tls.dane import match_tlsa  # few hosts have such records

    tlsas = tlsa.tlsas
    records = tuple(f"{t.usage} {t.selector} {t.matching_type} {t.data.hex()}" for t in tlsas.records)
    chain = next((s.tls.chain for s in sessions if s.mx_host == host and s.tls and s.tls.chain), ())
    status, problems = match_tlsa(chain, tlsas.records, tlsas.names, at)
    return replace(result, status=status, records=records, problems=problems)


def _without_base(tlsa: HostTlsa) -> DaneResult:
    """The result if no name of the host is DNSSEC-signed, or if that is not known."""
    silent = tlsa.unanswered
    if silent is None:
        return DaneResult(tlsa.host, DaneStatus.INSECURE)
    return DaneResult(tlsa.host, _unknown(silent), problems=(_unanswered(silent),), evidence=(silent.ref,))


def _unknown(answer: Answer) -> DaneStatus:
    return DaneStatus.NOT_ASKED if answer.status is Status.NOT_ASKED else DaneStatus.UNKNOWN


def _unanswered(answer: Answer) -> TlsaWhy:
    return TlsaWhy(TlsaProblem.UNANSWERED, question=str(answer.question), failure=answer.failure)
