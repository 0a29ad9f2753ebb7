"""Evidence and ranked causes: what knowledge gives to the diagnosis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.verdict import FixBy, Retry


class Facet(StrEnum):
    """Families of evidence. Evidence within one family is correlated, so each family is capped."""

    PROVIDER = "provider"
    TEXT = "text"
    ENHANCED = "enhanced"
    CODE = "code"
    STAGE = "stage"
    DNS = "dns"
    REPUTATION = "reputation"
    AUTHENTICATION = "authentication"
    IDENTITY = "identity"
    EXPERIMENT = "experiment"
    VANTAGE = "vantage"
    MESSAGE = "message"
    CONDUCT = "conduct"  # words about when to try again; no evidence for a cause


@dataclass(frozen=True, slots=True)
class ConductOverride:
    """The conduct that words, or a fact, ask for, if it differs from that of their cause.

    None: not given. `retry_after` in seconds; `action` is a sentence for the person who must act.
    """

    fix_by: FixBy | None = None
    retry: Retry | None = None
    retry_after: int | None = None
    action: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> ConductOverride:
        """From a table of knowledge. Raises ValueError for a word that is none of the vocabulary."""
        fix_by, retry = row.get("fix_by"), row.get("retry")
        return cls(
            FixBy(fix_by) if fix_by is not None else None,
            Retry(retry) if retry is not None else None,
            row.get("retry_after"),
            row.get("action"),
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation that speaks for or against causes.

    `rule` is the id that `smtp-probe rules ID` prints; `weights` maps cause id to decibans (10 log10 of the
    likelihood ratio; +10 is ten times likelier); `says` is the sentence shown to the reader; `ref` names the
    finding, reply or DNS answer that it comes from. `final` is the cause that these words prove for good:
    this mailbox or domain takes no mail (empty: they prove nothing). The advice `never` needs such evidence.
    `is_exact`: the sentence is known; words that only hint at a cause do not state it.
    """

    rule: str
    facet: Facet
    weights: Mapping[str, float]
    says: str
    ref: str
    final: str = ""
    conduct: ConductOverride | None = None
    is_exact: bool = True

    def __hash__(self) -> int:
        """By the rule: `weights` has no hash, and few pieces of evidence share a rule."""
        return hash(self.rule)


class Band(StrEnum):
    """How sure a cause is, in words."""

    STATED = "stated"
    LIKELY = "likely"
    POSSIBLE = "possible"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class RankedCause:
    """A cause with its share of the probability and the evidence for and against it."""

    id: str
    probability: float
    evidence_for: tuple[tuple[Evidence, float], ...]
    evidence_against: tuple[tuple[Evidence, float], ...]
