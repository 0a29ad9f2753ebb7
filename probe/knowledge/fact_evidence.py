"""The weights of facts: evidence.toml, typed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from probe._dataclass import dataclass
from probe.knowledge.toml_import import HERE, load
from probe.model.evidence import ConductOverride, Facet
from probe.model.reply import Stage


@dataclass(frozen=True, slots=True)
class FactEvidence:
    """One entry of evidence.toml. `stages` empty: at any stage. `empties_words`: if this fact holds, the
    words of the reply do not mean what they seem to. `of_address`: the fact is about the sending address, so
    it does not explain an answer given to another address. `final` and `conduct` as in
    `model.evidence.Evidence`."""

    id: str
    predicate: str
    facet: Facet
    says: str
    causes: Mapping[str, float]
    stages: tuple[Stage, ...]
    source: str
    date: str
    empties_words: bool = False
    of_address: bool = False
    final: str = ""
    conduct: ConductOverride | None = None


@dataclass(frozen=True, slots=True)
class BesideWords:
    """Weights of facts and words when both are present. If the words name a cause, facts count `factor` of
    their weight, except facts of the `untouched` facets. `vague` causes count as naming nothing. Words
    that experiments have shown to be meaningless count `empty` of their weight. From a share of
    `sure_of_unknown` words settle that a mailbox is unknown; a fact of `clear_fact` decibans explains
    words that name nothing."""

    factor: float
    empty: float
    vague: frozenset[str]
    untouched: frozenset[Facet]
    sure_of_unknown: float
    clear_fact: float


@cache
def beside_words() -> BesideWords:
    """How words and facts are weighed against each other."""
    table = load(HERE / "evidence.toml")
    return BesideWords(
        factor=float(table["beside_words"]),
        empty=float(table["empty_words"]),
        vague=frozenset(table["vague_causes"]),
        untouched=frozenset(map(Facet, table["untouched_facets"])),
        sure_of_unknown=float(table["sure_of_unknown"]),
        clear_fact=float(table["clear_fact"]),
    )


@dataclass(frozen=True, slots=True)
class BesideAddress:
    """How much facts about the sending address count if another address got the answer: `factor` of their
    weight; and the `causes` that such an answer cannot make likely."""

    factor: float
    causes: frozenset[str]


@cache
def beside_address() -> BesideAddress:
    """How far an answer to the probe's address also holds for the sending address."""
    table = load(HERE / "evidence.toml")
    return BesideAddress(float(table["beside_address"]), frozenset(table["address_causes"]))


@cache
def fact_evidence() -> tuple[FactEvidence, ...]:
    """Every entry, in the order of the file."""
    table = load(HERE / "evidence.toml")
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
            empties_words=entry.get("empties_words", False),
            of_address=entry.get("of_address", False),
            final=entry.get("final", ""),
            conduct=ConductOverride.of(entry["conduct"]) if "conduct" in entry else None,
        )
        for entry in table["evidence"]
    )
