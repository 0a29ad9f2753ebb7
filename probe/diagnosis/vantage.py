"""How far an answer carries over from the probe's address to the one that sends the mail."""

from __future__ import annotations

from dataclasses import replace

from probe.diagnosis.observed import Ground, Observed
from probe.facts.model import Facts
from probe.knowledge.fact_evidence import beside_address
from probe.model.evidence import RankedCause

CEILING = 0.6  # the share beyond which a cause is called likely
_REST = "unknown"


def is_foreign(facts: Facts, observed: Observed, cause: str | None) -> bool:
    """Whether a cause that hangs on the address was told to another one than the mail leaves from.

    A bounce or a log tells of the mail itself, and a reply that names the sending address speaks of that."""
    if facts.vantage.is_sending_address is not False or cause not in beside_address().causes:
        return False
    if observed.ground is not Ground.REPLY or observed.reply is None or _is_told(facts):
        return False
    return str(facts.vantage.source_ip) not in observed.reply.text


def _is_told(facts: Facts) -> bool:
    """Whether the bounce or the log tells what the sending address itself was answered."""
    delivery = facts.log.delivery if facts.log is not None else None
    return facts.bounce is not None or (delivery is not None and delivery.is_remote and delivery.is_failure)


def carry_over(facts: Facts, observed: Observed, ranked: tuple[RankedCause, ...]) -> tuple[RankedCause, ...]:
    """The ranking with its first cause held at CEILING where that was told to another address; what is
    taken from it is what cannot be known of the sending one."""
    if not ranked or ranked[0].probability <= CEILING or not is_foreign(facts, observed, ranked[0].id):
        return ranked
    surplus = ranked[0].probability - CEILING
    ranking = [replace(ranked[0], probability=CEILING)]
    ranking += [
        replace(it, probability=it.probability + surplus) if it.id == _REST else it for it in ranked[1:]
    ]
    return tuple(sorted(ranking, key=lambda it: (-it.probability, it.id)))
