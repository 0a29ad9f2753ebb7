"""What the predicates of evidence.toml look at, and what they hand back."""

from __future__ import annotations

from dataclasses import dataclass

from probe.diagnosis.outcome import Observed
from probe.facts.model import Facts
from probe.model.evidence import Evidence, Facet

SPEAKS = 6.0  # decibans from which a text is taken to be about a cause


@dataclass(frozen=True, slots=True)
class Situation:
    """All facts, the outcome, and what the deciding reply says (nothing when there was none)."""

    facts: Facts
    observed: Observed
    reply_evidence: tuple[Evidence, ...]

    def reply_speaks_of(self, *causes: str) -> bool:
        """Whether the words of the deciding reply name one of these causes."""
        return any(
            evidence.facet in (Facet.TEXT, Facet.PROVIDER) and evidence.weights.get(cause, 0.0) >= SPEAKS
            for evidence in self.reply_evidence
            for cause in causes
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """A fact that was found. `ref` names the observation, `detail` fills {detail} of the sentence."""

    ref: str
    detail: str = ""
