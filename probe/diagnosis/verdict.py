"""The verdict: outcome, cause, who must act, when to try again, and the exit code of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from probe._dataclass import dataclass, replace
from probe.diagnosis.conclusion import Conclusion, at_relay, conclude, conduct_at_relay
from probe.diagnosis.evidence import earlier_reading, evidence_of, reply_evidence
from probe.diagnosis.extent import extent_of
from probe.diagnosis.outcome import OF_OTHER_FAMILY, lacks_resolver, observe, observe_hosts
from probe.diagnosis.own_server import OF_FALLBACK, after_fallback
from probe.diagnosis.risks import Risk, as_causes, as_report, likelihood, relevant, risks_of
from probe.diagnosis.run_result import Ground, RunResult
from probe.diagnosis.scoring import band, rank
from probe.diagnosis.summary import hosts_said, summary
from probe.diagnosis.vantage import carry_over, is_foreign
from probe.diagnosis.why import why_tags
from probe.facts.fallback import at_fallback
from probe.facts.logged import is_given_up
from probe.facts.model import Facts
from probe.knowledge.causes import UNSETTLED, causes
from probe.model.evidence import Band, Evidence, RankedCause
from probe.model.fault import Fault, collect_faults, recover
from probe.model.finding import Finding
from probe.model.program_part import ProgramPart
from probe.model.report import Verdict
from probe.model.verdict import Conduct, ExitCode, FixBy, Outcome, OutcomeReason, Retry, Side
from probe.reading.reply.read import Reading

# Priors for outcomes without a deciding reply: the ground itself nearly is the cause. The corpus shares are
# only for replies.
_GROUND_PRIORS: Mapping[Ground, Mapping[str, float]] = {
    Ground.ROUTE: {"bad_domain": 0.99, "unknown": 0.0001},
    Ground.DNS_UNKNOWN: {"dns_failure": 0.95, "bad_domain": 0.02, "unknown": 0.0005},
    Ground.NO_CONNECTION: {"connection_failed": 0.95, "ip_blocklisted": 0.01, "unknown": 0.001},
    Ground.NO_REPLY: {"connection_failed": 0.7, "server_error": 0.1, "rate_limited": 0.05, "unknown": 0.002},
    Ground.DESYNCHRONISED: {"protocol_error": 0.9, "server_error": 0.05, "unknown": 0.001},
    Ground.TLS: {"tls_problem": 0.95, "unknown": 0.001},
    Ground.SMTPUTF8: {"address_syntax": 0.95, "unknown": 0.001},
    Ground.OWN: dict.fromkeys(
        ("policy_unspecified", "server_error", "message_too_large", "tls_problem", "connection_failed"), 0.2
    ),
}
_LIKELY = 0.6
_CERTAIN = 0.99  # the highest confidence: texts may be wrong, and the weights are estimates
_NOTHING_TO_DO = Conduct(FixBy.NOBODY, Retry.NOW, None)
_NOTHING_LEARNED = Conduct(FixBy.NOBODY, Retry.NOW, None)  # no server was asked, so nobody has to act
_OF_A_FACT = (Ground.DNS_UNKNOWN, Ground.NO_CONNECTION, Ground.TLS)
_CHOSEN = Conduct(FixBy.SENDER, Retry.NOW, None)  # the options excluded the hosts
_NOT_DIALLED = Conduct(FixBy.EITHER, Retry.AFTER_FIX, None)  # the same addresses are not dialled again
_OWN_AFFAIR = Conduct(FixBy.SENDER, Retry.AFTER_FIX, None)
_RECIPIENTS_AFFAIR = Conduct(FixBy.RECIPIENT_ADMIN, Retry.NOW, None)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The verdict with everything that it rests on. `conclusion` is None if no cause was ranked, and if
    nothing was refused or deferred. `faults` are rules of this program that raised; the verdict rests on the
    others. `side`: whose server did not accept it."""

    result: RunResult
    ranking: tuple[RankedCause, ...]
    risks: tuple[Risk, ...]
    band: Band
    conclusion: Conclusion | None
    verdict: Verdict
    faults: tuple[Fault, ...] = ()
    side: Side = Side.RECIPIENT


def diagnose(facts: Facts, findings: tuple[Finding, ...]) -> Diagnosis:
    """Facts and findings to the verdict. Pure: the same recording gives the same verdict. The outcome depends
    only on what was observed; if a rule raises, only its evidence on the cause is missing. Where the mail was
    handed on, the last server decides."""
    with collect_faults() as faults:
        last = at_fallback(facts)
        result, before_relay = observe(last), ""
        if last.was_handed_on or result.is_for(*OF_FALLBACK):
            before = observe_hosts(facts)
            before_relay = hosts_said(facts, before)
            if last.was_handed_on:
                result = after_fallback(facts, before, result)
        diagnosis = _diagnose(last, findings, result, before_relay)
    return replace(diagnosis, faults=tuple(faults))


def _diagnose(facts: Facts, findings: tuple[Finding, ...], result: RunResult, before_relay: str) -> Diagnosis:
    risks = risks_of(findings, facts.options.fail_on) if result.outcome is Outcome.ACCEPTED else ()
    reading = _outside_reading(facts, result)
    evidence = reading.evidence if reading is not None else _evidence(facts, result)
    rank_causes = partial(_rank, facts, result, risks, reading, evidence)
    ranking = recover(ProgramPart.RANKING, rank_causes, (), step=1)
    certainty = _band(facts, result, ranking, risks, reading)
    side = _side(facts, result) if reading is None else Side.RECIPIENT
    conclude = partial(_conclusion, result, ranking, certainty, reading, evidence)
    conclusion = recover(ProgramPart.CONCLUSION, conclude, None, step=1)
    if conclusion is not None and side is Side.RELAY:
        conclusion = at_relay(conclusion)
    verdict = _verdict(facts, result, ranking, risks, reading, certainty, conclusion, before_relay)
    return Diagnosis(result, ranking, risks, certainty, conclusion, verdict, side=side)


def _side(facts: Facts, result: RunResult) -> Side:
    """Whose server did not accept it. A domain that takes no mail of anybody is the recipient's affair."""
    if result.outcome is Outcome.ACCEPTED or result.ground is Ground.ROUTE:
        return Side.RECIPIENT
    if result.ground is Ground.OWN:
        return Side.OWN
    return Side.RELAY if facts.relay else Side.RECIPIENT


def _evidence(facts: Facts, result: RunResult) -> tuple[Evidence, ...]:
    if result.outcome is Outcome.ACCEPTED or result.has_no_cause or _is_kept_here(result):
        return ()
    evidence = recover(ProgramPart.WEIGHING, lambda: evidence_of(facts, result), None, step=1)
    return evidence if evidence is not None else reply_evidence(result)


def _is_kept_here(result: RunResult) -> bool:
    """Whether the mail stays on this host, so that its fate is not known and no server could be asked."""
    return result.ground is Ground.OWN and result.outcome is Outcome.INCONCLUSIVE


def _outside_reading(facts: Facts, result: RunResult) -> Reading | None:
    """The reading of the bounce or the log, if this run got no refusal itself: it was accepted, or could not
    ask. Where this machine cannot ask DNS, what its mail server said by itself before, without any reply of a
    remote server, is no word about the recipient."""
    if result.outcome not in {Outcome.ACCEPTED, Outcome.INCONCLUSIVE}:
        return None
    reading = earlier_reading(facts)
    is_own_word = reading is not None and reading.code is None and reading.enhanced is None
    if is_own_word and lacks_resolver(facts, result):
        return None
    return reading


def _rank(
    facts: Facts,
    result: RunResult,
    risks: tuple[Risk, ...],
    reading: Reading | None,
    evidence: tuple[Evidence, ...],
) -> tuple[RankedCause, ...]:
    if reading is not None:
        return rank(reading.evidence, stage=reading.stage, permanent=reading.permanent)
    if result.outcome is Outcome.ACCEPTED:
        return as_causes(relevant(risks, facts))
    if result.has_no_cause or _is_kept_here(result):
        return ()
    permanent = result.reply.is_permanent if result.reply is not None else None
    if result.ground is not Ground.REPLY:
        return rank(evidence, priors=_GROUND_PRIORS[result.ground])
    return carry_over(facts, result, rank(evidence, stage=result.stage, permanent=permanent))


def _band(
    facts: Facts,
    result: RunResult,
    ranking: tuple[RankedCause, ...],
    risks: tuple[Risk, ...],
    reading: Reading | None,
) -> Band:
    if reading is not None:
        return band(ranking)  # the refusal was seen, in the bounce or the log
    if result.outcome is Outcome.ACCEPTED:
        # acceptance was observed; a refusal after DATA is only predicted, never stated
        return Band.LIKELY if relevant(risks, facts) else Band.STATED
    if result.ground is Ground.ROUTE or (result.ground is Ground.OWN and ranking):
        return Band.STATED  # the domain's own records say so, or this host's own configuration
    if not ranking:
        return Band.UNDECIDED
    if result.ground is not Ground.REPLY:
        return Band.LIKELY if ranking[0].probability >= _LIKELY else Band.POSSIBLE
    value = band(ranking)
    held = is_foreign(facts, result, ranking[0].id) and value in (Band.STATED, Band.LIKELY)
    return Band.POSSIBLE if held else value


def _verdict(
    facts: Facts,
    result: RunResult,
    ranking: tuple[RankedCause, ...],
    risks: tuple[Risk, ...],
    reading: Reading | None,
    certainty: Band,
    conclusion: Conclusion | None,
    before_relay: str,
) -> Verdict:
    cause = ranking[0].id if ranking else None
    ours = relevant(risks, facts)
    conduct = conclusion.conduct if conclusion is not None else _conduct(result, cause, risks, ours)
    is_learned = result.ground not in (Ground.LOGIN, Ground.INTERRUPTED)
    if facts.relay and result.outcome is not Outcome.ACCEPTED and is_learned:
        conduct = conduct_at_relay(conduct)
    if conduct.fix_by is FixBy.NOBODY and result.outcome is not Outcome.ACCEPTED and is_given_up(facts):
        conduct = replace(conduct, fix_by=FixBy.SENDER)  # who has to send it again
    has_outside_reading = reading is not None
    at_risk = (has_outside_reading and result.outcome is Outcome.ACCEPTED) or bool(ours)
    exit_code = ExitCode.AT_RISK if at_risk else ExitCode.of(result.outcome)
    extent, reason = extent_of(facts, result)
    return Verdict(
        outcome=result.outcome,
        stage=result.stage,
        reply=_deciding_words(result),
        cause=cause,
        confidence=_confidence(
            result,
            ranking,
            () if has_outside_reading else ours,
            certainty,
            has_outside_reading=has_outside_reading,
        ),
        band=certainty,
        fix_by=conduct.fix_by,
        retry=conduct.retry,
        retry_after_s=conduct.retry_after if conduct.retry is Retry.LATER else None,
        retry_reason=(conclusion.retry_reason if conclusion is not None else "") or None,
        after_data_risks=as_report(risks),
        summary=recover(
            ProgramPart.SUMMARY,
            lambda: summary(facts, result, risks, before_relay),
            f"{result.outcome} at {result.stage.words}",
            step=1,
        ),
        exit_code=exit_code,
        extent=extent,
        reason=reason,
        summary_tags=why_tags(result),
    )


def _deciding_words(result: RunResult) -> str | None:
    """The text of the deciding reply; empty for the 220 before a failed handshake, and for an EHLO reply that
    lacks an extension."""
    reply = result.reply
    if reply is None or (result.ground is not Ground.REPLY and reply.is_positive):
        return None
    return str(reply)


def _conclusion(
    result: RunResult,
    ranking: tuple[RankedCause, ...],
    certainty: Band,
    reading: Reading | None,
    evidence: tuple[Evidence, ...],
) -> Conclusion | None:
    if not ranking:
        return None
    if reading is not None:
        return conclude(
            ranking, certainty, evidence, permanent=reading.permanent, text=reading.text, stage=reading.stage
        )
    if result.outcome not in (Outcome.REFUSED, Outcome.DEFERRED):
        # nobody must act, unless a fact says who
        of_a_fact = any(item.conduct is not None for item, _ in ranking[0].evidence_for)
        is_known = result.ground in _OF_A_FACT and of_a_fact
        return conclude(ranking, certainty, evidence, permanent=False) if is_known else None
    reply = result.reply
    return conclude(
        ranking,
        certainty,
        evidence,
        permanent=result.outcome is Outcome.REFUSED,
        text=reply.text if reply is not None else "",
        stage=result.stage if result.ground is Ground.REPLY else None,
    )


def _conduct(
    result: RunResult, cause: str | None, risks: tuple[Risk, ...], ours: tuple[Risk, ...]
) -> Conduct:
    """The conduct if nothing was refused, or no cause was ranked."""
    if result.outcome in (Outcome.REFUSED, Outcome.DEFERRED):  # and the conclusion failed
        return causes()[UNSETTLED].conduct(permanent=result.outcome is Outcome.REFUSED)
    if cause is None:
        if _is_kept_here(result) and not result.is_for(OutcomeReason.OWN_WRAPPED):
            return _OWN_AFFAIR
        if result.ground is Ground.UNDIALLED:
            return _NOT_DIALLED
        if result.is_for(*OF_OTHER_FAMILY):
            return _CHOSEN
        if result.outcome is not Outcome.ACCEPTED:
            return _NOTHING_LEARNED
        return _RECIPIENTS_AFFAIR if risks else _NOTHING_TO_DO
    if result.outcome is Outcome.ACCEPTED:
        is_theirs = bool(ours) and not any(risk.is_sender_side for risk in ours)
        fix_by = FixBy.RECIPIENT_ADMIN if is_theirs else causes()[cause].permanent.fix_by
        return Conduct(fix_by, Retry.AFTER_FIX, None)
    # nothing was refused: the conduct for a transient failure, and nobody must act yet
    return replace(causes()[cause].conduct(permanent=False), fix_by=FixBy.EITHER)


def _confidence(
    result: RunResult,
    ranking: tuple[RankedCause, ...],
    ours: tuple[Risk, ...],
    certainty: Band,
    *,
    has_outside_reading: bool,
) -> float:
    if result.outcome is Outcome.ACCEPTED and not has_outside_reading:
        return likelihood(ours[0]) if ours else _CERTAIN
    if not ranking or (certainty is Band.UNDECIDED and not ranking[0].evidence_for):
        return 0.0
    return round(min(_CERTAIN, ranking[0].probability), 3)
