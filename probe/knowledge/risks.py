"""Which findings predict a refusal after DATA, and as what: risks.toml, typed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from probe._dataclass import dataclass
from probe.knowledge.toml_import import HERE, load


@dataclass(frozen=True, slots=True)
class RiskRule:
    """One entry of risks.toml: the outcomes `tags` of the check `finding` predict `cause`, with `weight` in
    decibans.
    `is_sender_side` False: the recipient's domain has it wrong, and a sender who honours its policy
    must stop. `source` and `date` are those of the file."""

    finding: str
    tags: frozenset[str]
    cause: str
    weight: float
    is_sender_side: bool
    source: str
    date: str

    @property
    def id(self) -> str:
        """The id that `smtp-probe rules ID` prints."""
        return f"risk.{self.finding}"


@cache
def risk_rules() -> Mapping[str, RiskRule]:
    """Every entry, by the id of its finding."""
    table = _table()
    return {
        row["finding"]: RiskRule(
            row["finding"],
            frozenset(row["tags"]),
            row["cause"],
            float(row["weight"]),
            row.get("side", "sender") == "sender",
            table["source"],
            table["date"],
        )
        for row in table["risk"]
    }


@cache
def rules_by_tag() -> Mapping[str, RiskRule]:
    """The entry that each tag belongs to."""
    return {tag: rule for rule in risk_rules().values() for tag in rule.tags}


def requirement_causes() -> Mapping[str, str]:
    """What the breach of a requirement with one need is refused as, by that need."""
    causes: Mapping[str, str] = _table()["requirement_causes"]
    return causes


def _table() -> Mapping[str, Any]:
    return load(HERE / "risks.toml")
