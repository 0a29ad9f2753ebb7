"""Additive scoring: evidence in, ranked causes out.

Every piece of evidence adds decibans to causes; the sum within one family (facet) is capped, because
ten synonyms are not ten observations; the priors are shares of a corpus of real refusals; a softmax
turns scores into probabilities. The order of the evidence never matters. All numbers are data:
knowledge/scoring.toml.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from probe._dataclass import replace
from probe.knowledge.scoring import scoring
from probe.model.evidence import Band, Evidence, Facet, RankedCause
from probe.model.reply import Stage

_NEVER = -60.0  # the score of a cause that the stage excludes
WORDS = frozenset({Facet.TEXT, Facet.PROVIDER})
"""The families of evidence that are somebody's words."""

WeightedEvidence = tuple[Evidence, float]


def rank(
    evidence: Iterable[Evidence],
    *,
    stage: Stage | None = None,
    permanent: bool | None = None,
    priors: Mapping[str, float] | None = None,
) -> tuple[RankedCause, ...]:
    """Rank all causes, best first; the probabilities sum to 1.

    `stage` is where the refusal was given: before RCPT nothing can be about a mailbox. `permanent` (5yz or
    4yz) shifts the causes that are passing by nature, unless a CODE rule in the evidence already does.
    `priors` are shares of any scale that replace the corpus shares; causes left out get the smallest one
    given.
    """
    table = scoring()
    items = sorted(evidence, key=lambda item: (item.rule, item.ref, item.facet))
    instead = table["instead"].get(stage) if stage else None
    if instead:
        itself = table["instead"]["speaks_of_itself"]
        items = [item if item.rule in itself else _transfer(item, instead) for item in items]
    impossible = frozenset(table["impossible"].get(stage, ())) if stage else frozenset[str]()
    shift = _class_shift(items, permanent)
    by_cause = _cap(items, table["caps"])
    scores = {
        cause: prior
        + shift.get(cause, 0.0)
        + (sum([weight for _, weight in by_cause[cause]]) if cause in by_cause else 0.0)
        + (_NEVER if cause in impossible else 0.0)
        for cause, prior in (_corpus_scores() if not priors else _prior_scores(priors)).items()
    }
    probabilities = _softmax(scores)
    best = min(probabilities, key=lambda cause: (-probabilities[cause], cause))
    probabilities = _calibrate(
        probabilities, best, _word_weight(by_cause.get(best, ())), table["calibration"]
    )
    return tuple(
        RankedCause(cause, probabilities[cause], *_sides(by_cause.get(cause, ())))
        for cause in sorted(probabilities, key=lambda cause: (-probabilities[cause], cause))
    )


@cache
def _corpus_scores() -> Mapping[str, float]:
    return _prior_scores(scoring()["prior"])


def _prior_scores(shares: Mapping[str, float]) -> Mapping[str, float]:
    """The score of each cause before any evidence, in decibans."""
    floor = min(shares.values())
    return {cause: 10 * math.log10(shares.get(cause, floor)) for cause in scoring()["prior"]}


def band(ranking: Sequence[RankedCause]) -> Band:
    """How sure the first cause is.

    Stated: the server's words or a provider's token name it, in a known sentence; a refusal that matches no
    rule states nothing. Likely: more probable than a share that is set, by such a sentence or by two families
    of evidence. user_unknown is never more than possible without words that name it or x.1.1, because acting
    on it deletes an address.
    """
    limits = scoring()["bands"]
    if not ranking:
        return Band.UNDECIDED
    top = ranking[0]
    exact = _word_weight([pair for pair in top.evidence_for if pair[0].is_exact])
    families = {item.facet for item, _ in top.evidence_for}
    is_stated = exact >= limits["stated_weight"] and top.probability >= limits["stated_share"]
    if is_stated and top.id not in limits["not_stated"]:
        return Band.STATED
    has_naming_words = exact >= limits["stated_weight"] or bool(families & {Facet.ENHANCED, Facet.DNS})
    is_supported = top.id != "user_unknown" or has_naming_words
    enough = exact >= limits["stated_weight"] or len(families) >= limits["likely_families"]
    if top.probability >= limits["likely_share"] and enough and is_supported:
        return Band.LIKELY
    return Band.POSSIBLE if top.probability >= limits["possible_share"] else Band.UNDECIDED


def words_name_it(ranking: Sequence[RankedCause]) -> bool:
    """Whether a known sentence names the first cause and there is little evidence for another. A weaker
    condition than the band `stated`; enough to ask the server nothing more."""
    limits = scoring()["bands"]
    if not ranking or ranking[0].id in limits["not_stated"]:
        return False
    exact = _word_weight([pair for pair in ranking[0].evidence_for if pair[0].is_exact])
    return bool(exact >= limits["stated_weight"] and ranking[0].probability >= limits["named_share"])


def _transfer(item: Evidence, instead: Mapping[str, str]) -> Evidence:
    """Turns words for a cause that the stage excludes into evidence for the cause that they mean at that
    stage."""
    if item.facet not in WORDS or not any(item.weights.get(cause, 0.0) > 0 for cause in instead):
        return item
    weights = dict(item.weights)
    for cause, other in instead.items():
        weight = item.weights.get(cause, 0.0)
        if weight > 0:
            weights[cause] = 0.0
            weights[other] = max(weight, weights.get(other, 0.0))
    return replace(item, weights=weights)


def _class_shift(evidence: Sequence[Evidence], permanent: bool | None) -> Mapping[str, float]:
    """RFC 5321 section 4.2.1: the first digit says whether the refusal is permanent, not why."""
    if permanent is None or any(item.facet is Facet.CODE for item in evidence):
        return {}
    shift: Mapping[str, float] = scoring()["permanent" if permanent else "transient"]
    return shift


def _cap(
    evidence: Sequence[Evidence], caps: Mapping[str, Sequence[float]]
) -> Mapping[str, Sequence[WeightedEvidence]]:
    """The evidence for each cause with its weight after the cap of the family."""
    families: dict[Facet, list[Evidence]] = {}
    for item in evidence:
        families.setdefault(item.facet, []).append(item)
    result: dict[str, list[WeightedEvidence]] = {}
    for facet, members in families.items():
        factors = _cap_factors(members, *caps[facet])
        for item in members:
            for cause, weight in item.weights.items():
                if weight:
                    pair = (item, weight * factors.get(cause, 1.0))
                    if cause in result:
                        result[cause].append(pair)
                    else:
                        result[cause] = [pair]
    return result


def _cap_factors(members: Sequence[Evidence], low: float, high: float) -> Mapping[str, float]:
    """The factors that reduce the weights of a cause if their sum is beyond the cap of the family."""
    totals: dict[str, float] = dict(members[0].weights)
    for item in members[1:]:
        for cause, weight in item.weights.items():
            totals[cause] = totals.get(cause, 0.0) + weight
    return {
        cause: (high if total > high else low) / total
        for cause, total in totals.items()
        if not low <= total <= high
    }


def _word_weight(items: Sequence[WeightedEvidence]) -> float:
    """Decibans of words (text or a provider's token) that speak for a cause."""
    return sum(weight for item, weight in items if item.facet in WORDS and weight > 0)


def _calibrate(
    probabilities: Mapping[str, float], best: str, words: float, limits: Mapping[str, float]
) -> Mapping[str, float]:
    """The calibrated probability of the first cause; the others keep their proportions.

    A linear function of its log odds: the stronger the words that name it, the more `slope` and `offset` of
    scoring.toml count. The first cause stays first.
    """
    share = min(1.0, words / limits["full_words"])
    before = probabilities[best]
    if share <= 0 or not 0 < before < 1:
        return probabilities
    slope = 1 + (limits["slope"] - 1) * share
    odds = math.log(before / (1 - before)) * slope + limits["offset"] * share
    after = 1 / (1 + math.exp(-odds))
    second = max(value for cause, value in probabilities.items() if cause != best) / (1 - before)
    after = max(after, second / (1 + second))
    factor = (1 - after) / (1 - before)
    return {cause: after if cause == best else value * factor for cause, value in probabilities.items()}


def _softmax(scores: Mapping[str, float]) -> Mapping[str, float]:
    best = max(scores.values())
    odds = {cause: 10 ** ((score - best) / 10) for cause, score in scores.items()}
    total = math.fsum(odds.values())
    return {cause: odd / total for cause, odd in odds.items()}


def _sides(
    items: Sequence[WeightedEvidence],
) -> tuple[tuple[WeightedEvidence, ...], tuple[WeightedEvidence, ...]]:
    """The evidence for and against, the strongest first."""
    if not items:
        return (), ()
    if len(items) > 1:
        items = sorted(items, key=_strongest_first)
    return tuple([pair for pair in items if pair[1] > 0]), tuple([pair for pair in items if pair[1] < 0])


def _strongest_first(pair: WeightedEvidence) -> tuple[float, str]:
    return -abs(pair[1]), pair[0].rule
