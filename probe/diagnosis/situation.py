"""The arguments and results of the predicates of evidence.toml."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from probe._dataclass import dataclass, replace
from probe.diagnosis.run_result import RunResult
from probe.diagnosis.scoring import WORDS
from probe.facts.model import Facts
from probe.knowledge.fact_evidence import beside_words
from probe.model.evidence import Evidence, Facet

SPEAKS = 10.0  # decibans from which a text names a cause; "recipient rejected" alone names none


@dataclass(frozen=True, slots=True)
class Situation:
    """All facts, the outcome, and the evidence of the deciding reply (empty if there was none)."""

    facts: Facts
    result: RunResult
    reply_evidence: tuple[Evidence, ...]

    def reply_speaks_of(self, *causes: str) -> bool:
        """Whether the words of the deciding reply name one of these causes."""
        return words_name(self.reply_evidence, *causes)

    @property
    def reply_names_a_cause(self) -> bool:
        """Whether the words of the deciding reply, or a specific status, name a real cause."""
        return not named_causes(self.reply_evidence) <= beside_words().vague


def named_causes(by_words: Iterable[Evidence]) -> frozenset[str]:
    """The causes that a reply names, by its words or by a specific enhanced status."""
    words = [evidence for evidence in by_words if evidence.facet in WORDS | {Facet.ENHANCED}]
    return frozenset(c for item in words for c, weight in item.weights.items() if weight >= SPEAKS)


def words_name(evidence: Iterable[Evidence], *causes: str) -> bool:
    """Whether the words of a reply, read into evidence, name one of these causes before all others."""
    sums: Counter[str] = Counter()
    for item in evidence:
        if item.facet in WORDS:
            sums.update(item.weights)
    most = max(sums.values(), default=0.0)
    return most >= SPEAKS and any(sums[cause] == most for cause in causes)


def without_weight(evidence: Evidence) -> Evidence:
    """The evidence as it counts where words do not mean what they seem to."""
    if evidence.facet not in WORDS:
        return evidence
    weights = {cause: weight * beside_words().empty for cause, weight in evidence.weights.items()}
    return replace(evidence, weights=weights)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A fact that was found. `ref` names the observation, `detail` replaces {detail} in the sentence."""

    ref: str
    detail: str = ""
