"""How far an answer carries over from the probe's address to the one that sends the mail."""

from __future__ import annotations

from dataclasses import replace

from probe.diagnosis.run_result import Ground, RunResult
from probe.facts.model import Facts
from probe.knowledge.fact_evidence import beside_address
from probe.model.evidence import RankedCause

CEILING = 0.6  # the share beyond which a cause is called likely
_REST = "unknown"


def is_foreign(facts: Facts, result: RunResult, cause: str | None) -> bool:
    """Whether a cause that hangs on the address was told to another one than the mail leaves from.

    A bounce or a log tells of the mail itself, and a reply that names the sending address speaks of that."""
    if facts.vantage.is_sending_address is not False or cause not in beside_address().causes:
        return False
    if result.ground is not Ground.REPLY or result.reply is None or _is_told(facts):
        return False
    return str(facts.vantage.source_ip) not in result.reply.text


def _is_told(facts: Facts) -> bool:
    """Whether the bounce or the log tells what the sending address itself was answered."""
    delivery = facts.log.delivery if facts.log is not None else None
    return facts.bounce is not None or (delivery is not None and delivery.is_remote and delivery.is_failure)


def carry_over(facts: Facts, result: RunResult, ranking: tuple[RankedCause, ...]) -> tuple[RankedCause, ...]:
    """The ranking with its first cause held at CEILING where that was told to another address; what is
    taken from it is what cannot be known of the sending one."""
    if not ranking or ranking[0].probability <= CEILING or not is_foreign(facts, result, ranking[0].id):
        return ranking
    surplus = ranking[0].probability - CEILING
    new_ranking = [replace(ranking[0], probability=CEILING)]
    new_ranking += [
        replace(it, probability=it.probability + surplus) if it.id == _REST else it for it in ranking[1:]
    ]
    return tuple(sorted(new_ranking, key=lambda it: (-it.probability, it.id)))
