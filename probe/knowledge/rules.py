"""The reply rules in full: with source, date and examples (`smtp-probe rules`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from probe._dataclass import dataclass
from probe.knowledge import toml_import
from probe.knowledge.rule_files import HERE, expression, rule_files, sources
from probe.model.evidence import ConductOverride, Facet

DIGEST = HERE / "rules_digest.json"


@dataclass(frozen=True, slots=True)
class Example:
    """A reply a rule must (or must not) match; `stage` is a stage name or empty, `host` may be empty;
    `software` is the program that the session told, if any."""

    text: str
    stage: str = ""
    host: str = ""
    software: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `causes` maps cause ids to decibans; `conditions` is what else must hold, as written but for
    `pattern`, which is one regular expression. `final` and `conduct` as in `model.evidence`: the cause that
    the words prove for good, and where the conduct differs from the cause's. `basis`: how a default reply of
    a program was seen, "run" or "source" (software.toml)."""

    id: str
    says: str
    facet: Facet
    causes: Mapping[str, float]
    conditions: Mapping[str, Any]
    source: str
    date: str
    examples: tuple[Example, ...]
    counter: tuple[Example, ...]
    file: str
    final: str = ""
    conduct: ConductOverride | None = None
    basis: str = ""


def all_rules() -> Iterator[Rule]:
    """Every rule, in the order of the files. A file's own `source` and `date` stand for rules without."""
    for path in rule_files():
        table = toml_import.load(path)
        for row in table.get("rule", ()):
            yield _rule(row, table, path.name)


@lru_cache(maxsize=1)
def rules_digest() -> str:
    """A short hash of all reply knowledge; it changes when any rule, cause or weight does."""
    return str(toml_import.derive(DIGEST, [*sources(), Path(__file__)], compute_digest)["digest"])


def compute_digest() -> dict[str, str]:
    """What is stored of the digest: a report that computes it takes a tenth longer."""
    import hashlib

    digest = hashlib.sha256()
    for path in sources():
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return {"digest": digest.hexdigest()[:12]}


def _rule(row: Mapping[str, Any], table: Mapping[str, Any], file: str) -> Rule:
    texts = {
        "id", "says", "facet", "causes", "source", "date", "examples", "counter", "final", "conduct", "basis"
    }  # fmt: skip
    conditions = {key: value for key, value in row.items() if key not in texts}
    if "pattern" in conditions:
        conditions["pattern"] = expression(conditions["pattern"])
    return Rule(
        id=row["id"],
        says=row["says"],
        facet=Facet(row["facet"]),
        causes=row["causes"],
        conditions=conditions,
        source=row.get("source", table.get("source", "")),
        date=row.get("date", table.get("date", "")),
        examples=tuple(_example(entry) for entry in row.get("examples", ())),
        counter=tuple(_example(entry) for entry in row.get("counter", ())),
        file=file,
        final=row.get("final", ""),
        conduct=ConductOverride.of(row["conduct"]) if "conduct" in row else None,
        basis=row.get("basis", ""),
    )


def _example(entry: str | Mapping[str, str]) -> Example:
    return Example(entry) if isinstance(entry, str) else Example(**entry)
