"""All evidence of a run: that of the reply, and that of the other facts."""

from __future__ import annotations

from functools import partial

from probe._dataclass import replace
from probe.diagnosis.another_mailbox import PUNYCODE_MAILBOX, of_another_mailbox
from probe.diagnosis.observations import PREDICATES
from probe.diagnosis.run_result import Ground, RunResult
from probe.diagnosis.scoring import rank
from probe.diagnosis.situation import Situation, named_causes, without_weight
from probe.facts.bounce import REF
from probe.facts.logged import REF as LOG_REF
from probe.facts.logged import has_passed
from probe.facts.model import Facts
from probe.facts.session import Session
from probe.knowledge.fact_evidence import FactEvidence, beside_address, beside_words, fact_evidence
from probe.model.evidence import Evidence, Facet
from probe.model.fault import recover
from probe.model.program_part import ProgramPart
from probe.model.reply import Reply, Stage
from probe.model.verdict import Outcome
from probe.reading.reply.read import Reading, read_received, read_reply
from probe.reading.reply.software import tell
from probe.reading.reply.speaker import Speaker


def evidence_of(facts: Facts, result: RunResult) -> tuple[Evidence, ...]:
    """All evidence for or against causes. If the recipient was accepted, only that of the bounce and the
    log."""
    if result.outcome is Outcome.ACCEPTED:
        return _with_earlier(facts, ())
    by_words = _with_earlier(facts, reply_evidence(result))
    by_facts = _fact_evidence(Situation(facts, result, by_words))
    if any(evidence.rule == PUNYCODE_MAILBOX for evidence in by_facts):
        by_words = tuple(map(of_another_mailbox, by_words))
    cause_ids = named_causes(by_words)
    if _are_empty(cause_ids, by_facts):
        return (*map(without_weight, by_words), *by_facts)
    if _lead(by_words, result) in cause_ids - beside_words().vague:
        by_facts = tuple(_beside(evidence, cause_ids) for evidence in by_facts)
    return (*by_words, *by_facts)


def bounce_reading(facts: Facts) -> Reading | None:
    """What the bounce of --bounce says about the recipient; None without one that reports a refusal."""
    bounce = facts.bounce
    if bounce is None or bounce.status is None or not bounce.is_refusal:
        return None
    from probe.reading.bounce.reply import read_bounced

    status = bounce.status
    return recover(ProgramPart.BOUNCE, lambda: read_bounced(status, REF), None, step=1)


def log_reading(facts: Facts) -> Reading | None:
    """What the log of --log says about why the message was not handed over; None if it has no such failure,
    or only a deferral and this run was accepted."""
    delivery = facts.log.delivery if facts.log is not None else None
    if delivery is None or not delivery.is_failure or has_passed(facts):
        return None
    host = delivery.relay_host if delivery.is_remote else ""
    return recover(
        ProgramPart.LOG,
        lambda: read_reply(delivery.words, delivery.stage, host, LOG_REF),
        None,
        step=1,
    )


def earlier_reading(facts: Facts) -> Reading | None:
    """The reading of an earlier reply: that of the bounce, else that of the log."""
    return bounce_reading(facts) or log_reading(facts)


def _with_earlier(facts: Facts, evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """The evidence of this run's reply with that of the bounce and the log; a rule counts only once."""
    for reading in (bounce_reading(facts), log_reading(facts)):
        rules = {item.rule for item in evidence}
        reply_evidence_items = reading.evidence if reading is not None else ()
        evidence = (*evidence, *(item for item in reply_evidence_items if item.rule not in rules))
    return evidence


def _lead(evidence: tuple[Evidence, ...], result: RunResult) -> str | None:
    """The most likely cause by the reply alone."""
    if result.reply is None or not evidence:
        return None
    return rank(evidence, stage=result.stage, permanent=result.reply.is_permanent)[0].id


def _are_empty(cause_ids: frozenset[str], facts: tuple[Evidence, ...]) -> bool:
    """Whether experiments or clear facts show that the words do not mean what they seem to."""
    ids = {entry.id for entry in fact_evidence() if entry.empties_words}
    if any(evidence.rule in ids for evidence in facts):
        return True
    if not cause_ids <= beside_words().vague:
        return False
    # a server that found the address on a blocklist may only say "access denied"
    clear = beside_words().clear_fact
    return any(
        evidence.facet is Facet.EXPERIMENT or max(evidence.weights.values(), default=0.0) >= clear
        for evidence in facts
    )


def _beside(evidence: Evidence, cause_ids: frozenset[str]) -> Evidence:
    """The evidence of a fact with its reduced weight, for a reply whose words name causes."""
    rule = beside_words()
    if evidence.facet in rule.untouched:
        return evidence
    weights = {
        cause: weight if weight > 0 and cause in cause_ids else weight * rule.factor
        for cause, weight in evidence.weights.items()
    }
    return replace(evidence, weights=weights)


def reply_evidence(result: RunResult) -> tuple[Evidence, ...]:
    """The evidence of the deciding reply; empty if there was none or it was positive."""
    reply = result.reply
    if result.ground is not Ground.REPLY or reply is None or reply.is_positive:
        return ()
    reading = recover(ProgramPart.REPLY, partial(_read_reply, result, reply), None, step=1)
    return reading.evidence if reading is not None else ()


def _read_reply(result: RunResult, reply: Reply) -> Reading:
    session = result.session
    host = session.mx_host if session is not None else ""
    speaker = _speaker(session) if session is not None else None
    return read_received(reply, result.stage, host, result.ref, speaker)


def _speaker(session: Session) -> Speaker | None:
    """The server software of a session, by its greeting, its reply to EHLO and its positive replies."""
    texts = {stage: _texts(session, stage) for stage in (Stage.GREETING, Stage.EHLO, Stage.MAIL, Stage.RCPT)}
    positive_texts = [text for stage in (Stage.MAIL, Stage.RCPT) for text, yes in texts[stage] if yes]
    greeting, ehlo = (
        next((text for text, _ in reversed(texts[it])), "") for it in (Stage.GREETING, Stage.EHLO)
    )
    return tell(greeting, ehlo, positive_texts)


def _texts(session: Session, stage: Stage) -> list[tuple[str, bool]]:
    """The replies at a stage that can be paired with a command, each with whether it was positive."""
    exchanges = [it for it in session.exchanges if it.stage is stage and it.usable]
    return [(it.reply.text, it.reply.is_positive) for it in exchanges if it.reply is not None]


def _fact_evidence(situation: Situation) -> tuple[Evidence, ...]:
    items: list[Evidence] = []
    for entry in fact_evidence():
        if entry.stages and situation.result.stage not in entry.stages:
            continue
        evidence = recover(
            ProgramPart.FACT_RULE, partial(_fact_evidence_of, entry, situation), None, step=1, of=entry.id
        )
        if evidence is not None:
            items.append(evidence)
    return tuple(items)


def _fact_evidence_of(entry: FactEvidence, at: Situation) -> Evidence | None:
    """One fact as evidence, if its predicate holds."""
    observation = PREDICATES[entry.predicate](at)
    if observation is None:
        return None
    says = entry.says.replace("{detail}", observation.detail)
    evidence = Evidence(
        entry.id, entry.facet, entry.causes, says, observation.ref, entry.final, entry.conduct
    )
    return _of_address(entry, evidence, at)


def _of_address(entry: FactEvidence, evidence: Evidence, at: Situation) -> Evidence:
    """A fact about the sending address, reduced if the server answered another address."""
    vantage, reply = at.facts.vantage, at.result.reply
    if not entry.of_address or vantage.is_sending_address is not False:
        return evidence
    if reply is not None and str(vantage.source_ip) in reply.text:
        return evidence  # the reply names that address
    weights = {cause: weight * beside_address().factor for cause, weight in evidence.weights.items()}
    whose = f"; counted little, because the server answered {vantage.probe_ip}, not {vantage.source_ip}"
    return replace(evidence, weights=weights, says=evidence.says + whose)
