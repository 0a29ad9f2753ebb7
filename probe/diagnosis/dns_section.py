"""The `dns` part of the report: facts in the words of the contract."""

from __future__ import annotations

from probe.checks.judging import listings
from probe.checks.judging.public_address import why_not_public
from probe.checks.judging.wording import mta_sts_problems
from probe.facts.model import Facts
from probe.model import report_dns as rd
from probe.model.mx_fault import MxFault, MxWhy
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dkim.results import KeyResult
from probe.standards.dns.message import Answer, Mx, Record, Tlsa, Txt
from probe.standards.dns.results import MxHost, PtrStatus
from probe.standards.dnsbl.results import Listing
from probe.standards.mta_sts.results import TlsRptResult
from probe.standards.tls.results import DaneResult
from probe.wording.spoken import clauses, spoken


def dns_section(facts: Facts, recording: Recording) -> rd.ReportDns:
    """Everything DNS and the policy host said, parsed."""
    recipient, sender = facts.recipient, facts.sender
    return rd.ReportDns(
        route=recipient.mx.kind.value,
        mx=tuple(_mx(facts, host) for host in recipient.mx.hosts),
        spf=_spf(facts),
        dkim=tuple(map(_dkim, sender.dkim)),
        dmarc=_dmarc(facts),
        ptr=_ptr(facts),
        helo=_helo(facts),
        mta_sts=_mta_sts(facts),
        tls_rpt=_tls_rpt(recipient.tls_rpt),
        dane=tuple(map(_dane, recipient.dane)),
        dnsbl=tuple(_listing(listing) for listing in facts.listings),
        answers=tuple(answer_line(event.answer) for event in recording.all(ev.DnsAnswered)),
        unanswered=tuple(
            rd.ReportUnanswered(str(event.answer.question), spoken(why), why.tag)
            for event in recording.all(ev.DnsAnswered)
            if (why := event.answer.failure) is not None
        ),
    )


def _mx(facts: Facts, host: MxHost) -> rd.ReportMx:
    is_of = {
        MxFault.ALIAS: host.is_alias,
        MxFault.LITERAL: host.is_literal,
        MxFault.NO_ADDRESS: host.is_dangling,
    }
    faults = [MxWhy(tag) for tag, is_at_fault in is_of.items() if is_at_fault]
    faults += [
        MxWhy(MxFault.NOT_PUBLIC, ip, why)
        for ip in host.addresses
        if (why := why_not_public(facts, ip)) is not None
    ]
    addresses, tags = tuple(map(str, host.addresses)), tuple(it.tag for it in faults)
    return rd.ReportMx(host.preference, host.host, addresses, clauses(faults), tags)


def _spf(facts: Facts) -> rd.ReportSpf | None:
    spf = facts.sender.spf
    if spf is None:
        return None
    return rd.ReportSpf(
        record=spf.record,
        result=spf.verdict.value,
        matched=spf.matched,
        lookups=spf.lookups,
        void_lookups=spf.void_lookups,
        domain=spf.domain,
        ip=str(spf.ip),
        problem=spoken(spf.why),
        explanation=spf.explanation,
        trace=tuple(
            rd.ReportSpfStep(
                step.domain,
                step.depth,
                step.term,
                step.outcome,
                spoken(step.detail),
                step.detail.tag if step.detail is not None else None,
            )
            for step in spf.trace
        ),
        problem_tag=spf.why.tag if spf.why is not None else None,
    )


def _dkim(key: KeyResult) -> rd.ReportDkim:
    return rd.ReportDkim(
        selector=key.selector,
        status=key.status.value,
        key_type=key.key_type,
        key_bits=key.key_bits,
        origin=key.origin,
        testing=key.testing,
        problems=clauses(key.whys),
        problem_tags=tuple(why.tag for why in key.whys),
    )


def _dmarc(facts: Facts) -> rd.ReportDmarc | None:
    dmarc = facts.sender.dmarc
    if dmarc is None:
        return None
    record = dmarc.record
    problems = (*(record.problems if record else ()), *dmarc.invalid_records)
    return rd.ReportDmarc(
        record=record.text if record else None,
        policy=dmarc.applied_policy,
        domain=record.domain if record else None,
        author_domain=dmarc.author_domain,
        organizational_domain=dmarc.organizational_domain,
        rfc7489_organizational_domain=dmarc.rfc7489_organizational_domain,
        spf_can_align=facts.sender.alignment.spf,
        dkim_can_align=facts.sender.alignment.dkim,
        unknown=dmarc.unknown,
        problems=clauses(problems),
        problem_tags=tuple(problem.tag for problem in problems),
    )


def _ptr(facts: Facts) -> rd.ReportPtr | None:
    ptr = facts.sender.ptr
    if ptr is None:
        return None
    is_confirmed = None if ptr.status is PtrStatus.UNKNOWN else ptr.status is PtrStatus.CONFIRMED
    name = next(iter(ptr.confirmed or ptr.names), None)
    return rd.ReportPtr(name, is_confirmed, ptr.status.value, ptr.names)


def _helo(facts: Facts) -> rd.ReportHelo | None:
    helo = facts.sender.helo
    if helo is None:
        return None
    reason = facts.vantage.helo_reason
    return rd.ReportHelo(
        name=helo.name,
        reason=spoken(reason),
        is_fqdn=helo.is_fqdn,
        resolves=helo.resolves,
        matches_source=helo.matches_source,
        equals_ptr=helo.equals_ptr,
        reason_tag=reason.tag if reason is not None else None,
    )


def _mta_sts(facts: Facts) -> rd.ReportMtaSts:
    sts = facts.recipient.mta_sts
    policy = sts.policy
    return rd.ReportMtaSts(
        status=sts.status.value,
        policy_id=sts.policy_id,
        mode=policy.mode if policy else None,
        max_age=policy.max_age if policy else None,
        mx=policy.mx_patterns if policy else (),
        uncovered=sts.uncovered,
        problems=clauses(mta_sts_problems(sts)),
        problem_tags=(*(it.tag for it in sts.problems), *([sts.fetch.tag] if sts.fetch is not None else [])),
    )


def _tls_rpt(reports: TlsRptResult) -> rd.ReportTlsRpt:
    tags = tuple(it.tag for it in reports.problems)
    return rd.ReportTlsRpt(reports.status.value, reports.rua, clauses(reports.problems), tags)


def _dane(host: DaneResult) -> rd.ReportDane:
    tags = tuple(it.tag for it in host.problems)
    return rd.ReportDane(host.host, host.status.value, host.records, clauses(host.problems), tags)


def _listing(listing: Listing) -> rd.ReportListing:
    return rd.ReportListing(
        zone=listing.zone,
        query=listing.query,
        status=listing.status,
        codes=tuple(code.code for code in listing.codes),
        text=listing.text,
        title=listing.title,
        subject=str(listing.subject),
        role=listing.role,
        weight=listing.weight,
        meanings=tuple(code.meaning for code in listing.codes),
        delist_url=listing.delist_url,
        reason=listings.reason_of(listing),
        reason_tags=tuple(it.tag for it in listing.reasons),
    )


def answer_line(answer: Answer) -> str:
    """One DNS answer on one line, for people: question, status, records, AD."""
    first = [_cut(_record_text(record)) for record in answer.records[:_MOST_RECORDS]]
    if len(answer.records) > _MOST_RECORDS:
        first.append(f"and {len(answer.records) - _MOST_RECORDS} more")
    records = ", ".join(first)
    alias = " via " + " -> ".join(answer.aliases) if answer.aliases else ""
    secure = " (AD)" if answer.authenticated else ""
    text = records or spoken(answer.failure) or answer.status.value
    return f"{answer.question}{alias}: {text}{secure}{_provenance_text(answer)}"


def _provenance_text(answer: Answer) -> str:
    """Why the answer is not believed, else what else the name server said about it."""
    if answer.doubt:
        return f"; not believed: {spoken(answer.doubt)}"
    if answer.provenance is None or answer.is_unknown or not answer.provenance.extended:
        return ""
    return f" [{', '.join(map(str, answer.provenance.extended))}]"


# A name may have 64 KiB of records; the recording keeps all of them.
_MOST_RECORDS = 50
_RECORD_LENGTH = 2000


def _cut(text: str) -> str:
    return text if len(text) <= _RECORD_LENGTH else f"{text[:_RECORD_LENGTH]}… ({len(text)} characters)"


def _record_text(record: Record) -> str:
    if isinstance(record, Txt):
        return '"' + record.data.decode("utf-8", "backslashreplace") + '"'
    if isinstance(record, str):
        return record
    if isinstance(record, Mx):
        return f"{record.preference} {record.exchange or '.'}"
    if isinstance(record, Tlsa):
        return f"{record.usage} {record.selector} {record.matching_type} {record.data.hex()}"
    return str(record)
