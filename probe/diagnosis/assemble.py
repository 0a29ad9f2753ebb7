"""Facts, findings and diagnosis to the report that every renderer prints."""

from __future__ import annotations

from probe._dataclass import replace
from probe._version import VERSION
from probe.checks.catalogue import findings_of
from probe.checks.judging.not_reached import part_of
from probe.checks.vantage.internal import finding_of
from probe.diagnosis.action import action_of
from probe.diagnosis.checklist import checklist
from probe.diagnosis.contact_note import contact_note
from probe.diagnosis.dns_section import dns_section
from probe.diagnosis.hypotheses import is_open, walk
from probe.diagnosis.next_test import next_test
from probe.diagnosis.sender_mta import sender_mta
from probe.diagnosis.timeline import timeline
from probe.diagnosis.verdict import Diagnosis, diagnose
from probe.facts.build import facts_of
from probe.facts.fallback import at_fallback
from probe.facts.model import Facts, RecipientFacts, VantageFacts
from probe.facts.session import Session, TlsFacts
from probe.knowledge.causes import Cause, causes
from probe.knowledge.providers import OperatorSource
from probe.knowledge.rules import rules_digest
from probe.knowledge.severities import Severities
from probe.model import report as rp
from probe.model.address import Mailbox
from probe.model.evidence import Evidence, RankedCause
from probe.model.fault import collect_faults, recover
from probe.model.finding import Finding
from probe.model.program_part import ProgramPart
from probe.model.report_tool import ReportTool
from probe.model.report_vantage import ReportSighting, ReportVantage
from probe.model.session import EndReason
from probe.model.target import Command, Options, PairTarget
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.wording.spoken import clauses, spoken


def report_of(recording: Recording, severities: Severities | None = None) -> rp.Report:
    """Make the report of a recording; pure. `severities` are the user's own, by tag."""
    return report_on(facts_of(recording), recording, severities)


def report_on(facts: Facts, recording: Recording, severities: Severities | None = None) -> rp.Report:
    """The report on the facts of a recording. If a part raises, only that part is missing, and a finding
    `internal` reports it."""
    findings = findings_of(facts, severities)
    diagnosis = diagnose(facts, findings)
    findings += tuple(map(finding_of, diagnosis.faults))
    with collect_faults() as faults:
        report = _compose(facts, recording, diagnosis, findings)
    return replace(report, findings=findings + tuple(map(finding_of, faults)))


def _compose(
    facts: Facts, recording: Recording, diagnosis: Diagnosis, findings: tuple[Finding, ...]
) -> rp.Report:
    last = at_fallback(facts)
    action = recover(ProgramPart.ACTION, lambda: action_of(diagnosis, last, findings), "", step=1)
    ranking = tuple(
        _cause(it, "" if rank else action, causes()[it.id].told_by(diagnosis.side))
        for rank, it in enumerate(diagnosis.ranking)
    )
    test = recover(ProgramPart.NEXT_TEST, lambda: next_test(last, diagnosis), None, step=1)
    hypotheses = recover(ProgramPart.HYPOTHESES, lambda: walk(ranking, findings), (), step=1)
    return rp.Report(
        schema=rp.SCHEMA,
        tool=ReportTool(VERSION, rules_digest()),
        target=_target(facts, recording.started),
        started_at=facts.started_at,
        elapsed_ms=facts.elapsed_ms,
        verdict=diagnosis.verdict,
        causes=ranking,
        next_test=_settle(test, recording.started),
        checklist=checklist(diagnosis, findings, action),
        findings=findings,
        sessions=tuple(_session(session) for session in facts.sessions),
        dns=dns_section(facts, recording),
        not_reached=tuple(
            rp.ReportNotReached(part_of(n), spoken(n.reason), n.part, n.reason.tag) for n in facts.not_reached
        ),
        contact_note=recover(
            ProgramPart.CONTACT_NOTE, lambda: contact_note(last, diagnosis.result), "", step=8
        ),
        complete=facts.complete,
        hypotheses=hypotheses if _is_open(facts, diagnosis) else (),
        timeline=timeline(facts, recording),
    )


def _is_open(facts: Facts, diagnosis: Diagnosis) -> bool:
    reply = diagnosis.result.reply
    status = reply.enhanced_status if reply is not None else None
    return isinstance(facts.target, PairTarget) and is_open(diagnosis.verdict, status)


def _settle(test: rp.NextTest | None, started: ev.Started) -> rp.NextTest | None:
    """The servers of a lab no longer run when its report is read, so the report must not advise to ask them
    again."""
    return replace(test, command=None) if test is not None and started.scenario is not None else test


def _target(facts: Facts, started: ev.Started) -> rp.ReportTarget:
    target, options = facts.target, facts.options
    pair = target if isinstance(target, PairTarget) else None
    source = facts.vantage.source_ip
    return rp.ReportTarget(
        reverse_path=str(pair.reverse_path) if pair else None,
        forward_path=str(pair.forward_path) if pair else None,
        domain=facts.recipient.domain,
        source_ip=str(source) if source else None,
        helo=facts.vantage.helo or None,
        header_from=_header_from(pair, options),
        command=Command.CHECK if pair else Command.DOMAIN,
        provider=_provider(facts.recipient),
        scenario=started.scenario,
        sender_mta=sender_mta(facts),
        vantage=_vantage(facts.vantage),
    )


def _vantage(vantage: VantageFacts) -> ReportVantage:
    return ReportVantage(
        bound_ip=str(vantage.probe_ip) if vantage.probe_ip else None,
        seen_ip=str(vantage.outside_ip) if vantage.outside_ip else None,
        basis=vantage.basis,
        by=vantage.basis_by,
        sightings=tuple(ReportSighting(str(it.ip), it.by, it.place, it.ref) for it in vantage.sightings),
    )


def _provider(recipient: RecipientFacts) -> str | None:
    """The operator of the recipient's servers; marked as uncertain if only the server's greeting names it."""
    if recipient.provider is None:
        return None
    if recipient.known_by is OperatorSource.GREETING:
        return f"{recipient.provider.title}, by its greeting"
    return recipient.provider.title


def _header_from(pair: PairTarget | None, options: Options) -> str | None:
    """The From: address that DMARC was judged for: --header-from, else the sender."""
    sender = pair.reverse_path if pair and isinstance(pair.reverse_path, Mailbox) else None
    author = options.header_from or sender
    return str(author) if author is not None else None


def _cause(ranking: RankedCause, action: str, cause: Cause) -> rp.ReportCause:
    return rp.ReportCause(
        id=ranking.id,
        title=cause.title,
        family=cause.family,
        probability=round(ranking.probability, 9),
        evidence_for=tuple(_evidence(item, weight) for item, weight in ranking.evidence_for),
        evidence_against=tuple(_evidence(item, weight) for item, weight in ranking.evidence_against),
        action=action or cause.action,
    )


def _evidence(evidence: Evidence, weight: float) -> rp.ReportEvidence:
    return rp.ReportEvidence(evidence.says, round(weight, 1), evidence.ref, evidence.rule)


def _session(session: Session) -> rp.ReportSession:
    extensions = session.extensions
    keywords = tuple(f"{name} {args}".strip() for name, args in extensions.keywords) if extensions else ()
    return rp.ReportSession(
        mx_host=session.mx_host,
        ip=str(session.ip),
        port=session.port,
        experiment=session.experiment,
        reason=spoken(session.reason, experiment=session.experiment),
        tls=_tls(session.tls) if session.tls is not None else None,
        extensions=keywords,
        size_limit=extensions.size_limit if extensions else None,
        exchanges=tuple(
            rp.ReportExchange(
                stage=exchange.stage,
                sent=exchange.sent,
                reply_code=exchange.reply.code if exchange.reply else None,
                enhanced_status=_enhanced_text(exchange.reply.enhanced_status if exchange.reply else None),
                reply_lines=exchange.reply.lines if exchange.reply else (),
                elapsed_ms=exchange.elapsed_ms,
                deviations=tuple(deviation.value for deviation in exchange.deviations),
                fragment=exchange.fragment,
            )
            for exchange in session.exchanges
        ),
        ended=session.end or EndReason.INTERRUPTED,
        ended_detail=spoken(session.cause),
        reason_tag=session.reason.tag,
        ended_tag=session.cause.tag if session.cause is not None else None,
    )


def _enhanced_text(status: object) -> str | None:
    return str(status) if status is not None else None


def _tls(tls: TlsFacts) -> rp.ReportTls:
    leaf = tls.certificate
    return rp.ReportTls(
        offered=tls.offered,
        established=tls.established,
        version=tls.version,
        cipher=tls.cipher,
        subject=leaf.subject if leaf else None,
        names=leaf.names if leaf else (),
        issuer=leaf.issuer if leaf else None,
        not_after=leaf.not_after if leaf else None,
        key=leaf.key if leaf else None,
        trusted=tls.trusted,
        name_matches=tls.name_matches,
        problems=clauses(tls.problems),
        error=spoken(tls.fault) or None,
        problem_tags=tuple(it.tag for it in tls.problems),
        error_tag=tls.fault.tag if tls.fault is not None else None,
    )
