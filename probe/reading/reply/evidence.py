"""Makes evidence for and against causes from the matching rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from probe._dataclass import replace
from probe.knowledge.causes import causes
from probe.knowledge.scoring import scoring
from probe.model.evidence import Evidence, Facet
from probe.reading.reply.conditions import Subject, contradiction
from probe.reading.reply.match import Match, matches
from probe.reading.reply.speaker import with_program

_CONTRADICTS = "{says}; the reply contradicts itself (code {code}, status {status}): the code's class counts"


@lru_cache(maxsize=2048)
def evidence_of(subject: Subject, ref: str) -> tuple[Evidence, ...]:
    """The evidence of one reply, in no particular order; `ref` is the reference of the reply.

    A log repeats the same reply thousands of times; most of the key is the masked reply.
    """
    return tuple(_in_context(match, subject, ref) for match in matches(subject))


def _in_context(match: Match, subject: Subject, ref: str) -> Evidence:
    """The evidence of a rule, with the other data of this reply."""
    item = _evidence_of(match, ref)
    if match.is_echo:
        return item
    if subject.speaker is not None:
        item = with_program(item, match.rule.software, subject.speaker)
    if item.facet is Facet.ENHANCED and subject.is_contradictory:
        status = contradiction(match.rule, subject)
        if status:
            # a status that contradicts the reply code is no ground for `never`
            says = _CONTRADICTS.format(says=item.says, code=subject.code, status=status)
            item = replace(item, says=says, final="")
    return item


@lru_cache(maxsize=4096)
def _evidence_of(match: Match, ref: str) -> Evidence:
    rule = match.rule
    if match.is_echo:
        return Evidence(rule.id, rule.facet, {rule.foremost: scoring()["echo"]["weight"]}, rule.says, ref)
    weights = _weights(rule.facet, rule.causes, rule.rest)
    return Evidence(
        rule.id, rule.facet, weights, rule.says, ref, rule.final, rule.conduct, is_exact=rule.is_exact
    )


def _weights(facet: Facet, by_cause: Mapping[str, float], rest: float | None) -> Mapping[str, float]:
    """The rule's weights, with negative weights for all causes that it does not name."""
    if rest is None:
        strongest = max(by_cause.values(), default=0.0)
        steps: Sequence[Sequence[float]] = scoring()["rest"].get(facet, ())
        rest = min((share for least, share in steps if strongest >= least), default=0.0)
    if not rest:
        return by_cause
    return {cause: by_cause.get(cause, rest) for cause in causes()}
