"""The weights of facts: evidence.toml, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from probe.knowledge.toml_import import load
from probe.model.evidence import Facet
from probe.model.reply import Stage


@dataclass(frozen=True, slots=True)
class FactEvidence:
    """One entry of evidence.toml. `stages` empty: at any stage."""

    id: str
    predicate: str
    facet: Facet
    says: str
    causes: Mapping[str, float]
    stages: tuple[Stage, ...]
    source: str
    date: str


@cache
def fact_evidence() -> tuple[FactEvidence, ...]:
    """Every entry, in the order of the file."""
    table = load(files("probe.knowledge") / "evidence.toml")
    return tuple(
        FactEvidence(
            id=entry["id"],
            predicate=entry["predicate"],
            facet=Facet(entry["facet"]),
            says=entry["says"],
            causes=entry["causes"],
            stages=tuple(Stage(stage) for stage in entry.get("stages", ())),
            source=entry["source"],
            date=entry.get("date", table["date"]),
        )
        for entry in table["evidence"]
    )
