"""Advice for the providers of a country: regions.toml, read."""

from __future__ import annotations

from functools import cache

from probe._dataclass import dataclass
from probe.knowledge.toml_import import HERE, load


@dataclass(frozen=True, slots=True)
class Advice:
    """What sources advise. `country` is ISO 3166; `title` names the providers it is about; `date` is
    that of the latest source."""

    country: str
    title: str
    says: str
    remedy: str
    date: str
    source: str


@cache
def all_advice() -> tuple[Advice, ...]:
    """Every entry, in the order of the file."""
    return tuple(Advice(**row) for row in load(HERE / "regions.toml")["advice"])


def advice_for(country: str) -> Advice | None:
    """The advice for a country's providers; None where no source gives any."""
    return next((entry for entry in all_advice() if entry.country == country), None)
