"""How far an answer to the probe's address also holds for the sending address."""

from __future__ import annotations

from probe._dataclass import replace
from probe.diagnosis.run_result import Ground, RunResult
from probe.facts.model import Facts
from probe.knowledge.fact_evidence import beside_address
from probe.model.evidence import RankedCause

CEILING = 0.6  # the share beyond which a cause is called likely
_REST = "unknown"


def is_foreign(facts: Facts, result: RunResult, cause: str | None) -> bool:
    """Whether a cause that depends on the address was given to another address than the sending one.

    A bounce or a log is about the mail itself, and a reply that names the sending address is about that
    address.
    """
    if facts.vantage.is_sending_address is not False or cause not in beside_address().causes:
        return False
    if result.ground is not Ground.REPLY or result.reply is None or _is_told(facts):
        return False
    return str(facts.vantage.source_ip) not in result.reply.text


def _is_told(facts: Facts) -> bool:
    """Whether the bounce or the log has the answer to the sending address itself."""
    delivery = facts.log.delivery if facts.log is not None else None
    return facts.bounce is not None or (delivery is not None and delivery.is_remote and delivery.is_failure)


def carry_over(facts: Facts, result: RunResult, ranking: tuple[RankedCause, ...]) -> tuple[RankedCause, ...]:
    """The ranking with the share of its first cause limited to CEILING if another address got the answer; the
    rest is what is not known about the sending address."""
    if not ranking or ranking[0].probability <= CEILING or not is_foreign(facts, result, ranking[0].id):
        return ranking
    surplus = ranking[0].probability - CEILING
    new_ranking = [replace(ranking[0], probability=CEILING)]
    new_ranking += [
        replace(it, probability=it.probability + surplus) if it.id == _REST else it for it in ranking[1:]
    ]
    return tuple(sorted(new_ranking, key=lambda it: (-it.probability, it.id)))
