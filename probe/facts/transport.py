"""MTA-STS, TLS-RPT and DANE of the recipient's domain, from the recording."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from probe.facts.session import Session
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dns.helo import parse_literal
from probe.standards.dns.message import Answer, Status, run
from probe.standards.dns.results import MxResult
from probe.standards.mta_sts.judge import judge
from probe.standards.mta_sts.policy import policy_url
from probe.standards.mta_sts.results import StsResult, StsStatus, TlsRptResult
from probe.standards.mta_sts.tls_rpt import judge_tls_rpt
from probe.standards.tls.dane import match_tlsa
from probe.standards.tls.results import DaneResult, DaneStatus
from probe.survey import recipient


def mta_sts_of(recording: Recording, domain: str, mx_hosts: Sequence[str]) -> StsResult:
    """The MTA-STS record and policy, as far as they were fetched; an address literal has none."""
    if parse_literal(domain) is not None:
        return StsResult(domain, StsStatus.ABSENT)
    records = run(recipient.transport_records(domain), recording.answer)
    url = policy_url(domain)
    fetched = next((event for event in recording.all(ev.HttpsFetched) if event.url == url), None)
    return judge(domain, records.mta_sts, fetched, tuple(mx_hosts))


def tls_rpt_of(recording: Recording, domain: str) -> TlsRptResult:
    """The _smtp._tls record; an address literal has none."""
    if parse_literal(domain) is not None:
        return TlsRptResult(domain, StsStatus.ABSENT)
    return judge_tls_rpt(domain, run(recipient.transport_records(domain), recording.answer).tls_rpt)


def dane_of(recording: Recording, mx: MxResult, sessions: tuple[Session, ...]) -> tuple[DaneResult, ...]:
    """DANE of each MX host, held against the certificate that was seen there."""
    port = recording.started.options.smtp_port
    answers = run(recipient.tlsa_answers(mx, port), recording.answer)
    at = datetime.fromisoformat(recording.started.started_at)
    return tuple(_dane(host, answer, sessions, at) for host, answer in answers)


def _dane(host: str, answer: Answer | None, sessions: tuple[Session, ...], at: datetime) -> DaneResult:
    if answer is None:
        return DaneResult(host, DaneStatus.INSECURE)
    evidence = (answer.ref,)
    if answer.is_negative:
        return DaneResult(host, DaneStatus.ABSENT, evidence=evidence)
    if answer.status is not Status.ANSWER:
        problem = f"{answer.question}: {answer.failure}"
        return DaneResult(host, DaneStatus.UNKNOWN, problems=(problem,), evidence=evidence)
    if not answer.authenticated:
        problem = "the TLSA answer is not secured by DNSSEC, so it must be ignored"
        return DaneResult(host, DaneStatus.UNUSABLE, problems=(problem,), evidence=evidence)
    tlsas = answer.tlsas()
    records = tuple(f"{t.usage} {t.selector} {t.matching_type} {t.data.hex()}" for t in tlsas)
    chain = next((s.tls.chain for s in sessions if s.mx_host == host and s.tls and s.tls.chain), ())
    if not chain:
        return DaneResult(host, DaneStatus.NOT_SEEN, records, evidence=evidence)
    status, problems = match_tlsa(chain, tlsas, host, at)
    return DaneResult(host, status, records, problems, evidence)
