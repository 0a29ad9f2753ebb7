"""Evidence and ranked causes: the currency between knowledge and diagnosis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation that speaks for or against causes.

    `rule` is the id that `smtp-probe rules ID` prints; `weights` maps cause id to decibans
    (10 log10 of the likelihood ratio; +10 is ten times likelier); `says` is the sentence shown
    to the reader; `ref` names the finding, reply or DNS answer that it comes from.
    """

    rule: str
    facet: Facet
    weights: Mapping[str, float]
    says: str
    ref: str


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
