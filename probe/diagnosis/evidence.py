"""All evidence of a run: what the reply says, and what the facts around it say."""

from __future__ import annotations

from dataclasses import replace

from probe.diagnosis.observations import PREDICATES
from probe.diagnosis.outcome import Ground, Observed, Outcome
from probe.diagnosis.scoring import rank
from probe.diagnosis.seen import SPEAKS, Situation
from probe.facts.model import Facts
from probe.knowledge.fact_evidence import beside_words, fact_evidence
from probe.knowledge.match import read_reply
from probe.model.evidence import Evidence, Facet


def evidence_of(facts: Facts, observed: Observed) -> tuple[Evidence, ...]:
    """Everything that speaks for or against causes; nothing when the recipient was accepted."""
    if observed.outcome is Outcome.ACCEPTED:
        return ()
    spoken = reply_evidence(observed)
    around = _fact_evidence(Situation(facts, observed, spoken))
    named = _named(spoken, observed)
    if named:
        around = tuple(_beside(evidence, named) for evidence in around)
    return (*spoken, *around)


def _named(spoken: tuple[Evidence, ...], observed: Observed) -> frozenset[str]:
    """The causes that the reply's words name; none when the words alone lead to no definite cause."""
    words = [evidence for evidence in spoken if evidence.facet in (Facet.TEXT, Facet.PROVIDER)]
    named = {cause for item in words for cause, weight in item.weights.items() if weight >= SPEAKS}
    if not named or observed.reply is None:
        return frozenset()
    first = rank(spoken, stage=observed.stage, permanent=observed.reply.is_permanent)[0].id
    return frozenset(named) if first in named - beside_words().vague else frozenset()


def _beside(evidence: Evidence, named: frozenset[str]) -> Evidence:
    """What a fact counts beside words that name causes."""
    rule = beside_words()
    if evidence.facet in rule.untouched:
        return evidence
    weights = {
        cause: weight if weight > 0 and cause in named else weight * rule.factor
        for cause, weight in evidence.weights.items()
    }
    return replace(evidence, weights=weights)


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
