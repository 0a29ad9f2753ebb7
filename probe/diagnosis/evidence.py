"""All evidence of a run: what the reply says, and what the facts around it say."""

from __future__ import annotations

from probe.diagnosis.observations import PREDICATES
from probe.diagnosis.outcome import Ground, Observed, Outcome
from probe.diagnosis.seen import Situation
from probe.facts.model import Facts
from probe.knowledge.fact_evidence import fact_evidence
from probe.knowledge.match import read_reply
from probe.model.evidence import Evidence


def evidence_of(facts: Facts, observed: Observed) -> tuple[Evidence, ...]:
    """Everything that speaks for or against causes; nothing when the recipient was accepted."""
    if observed.outcome is Outcome.ACCEPTED:
        return ()
    spoken = reply_evidence(observed)
    situation = Situation(facts, observed, spoken)
    return (*spoken, *_fact_evidence(situation))


def reply_evidence(observed: Observed) -> tuple[Evidence, ...]:
    """What the deciding reply says; nothing when there was none or it was positive."""
    reply = observed.reply
    if observed.ground is not Ground.REPLY or reply is None or reply.is_positive:
        return ()
    host = observed.session.mx_host if observed.session is not None else ""
    reading = read_reply(str(reply), observed.stage, host, ref=observed.ref)
    return reading.evidence


def _fact_evidence(situation: Situation) -> tuple[Evidence, ...]:
    found: list[Evidence] = []
    for entry in fact_evidence():
        if entry.stages and situation.observed.stage not in entry.stages:
            continue
        seen = PREDICATES[entry.predicate](situation)
        if seen is not None:
            says = entry.says.replace("{detail}", seen.detail)
            found.append(Evidence(entry.id, entry.facet, entry.causes, says, seen.ref))
    return tuple(found)
