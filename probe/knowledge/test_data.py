"""Addresses that a test-data generator makes: test_data.toml, read."""

from __future__ import annotations

import re
from functools import cache

from probe._dataclass import dataclass
from probe.knowledge.toml_import import HERE, load


@dataclass(frozen=True, slots=True)
class Generator:
    """A generator of test data. `says` is how it makes a local part; `shape` matches one as a whole,
    `telling` one that a person would hardly choose; `company_domains` are those of its pool where ordinary
    persons have no mailbox."""

    title: str
    says: str
    domains: frozenset[str]
    company_domains: frozenset[str]
    shape: re.Pattern[str]
    telling: re.Pattern[str]
    date: str
    source: str


@dataclass(frozen=True, slots=True)
class GeneratedShape:
    """An address of a generator's shape. `telling`: few real addresses of that domain have this shape."""

    generator: Generator
    telling: bool


@cache
def generators() -> tuple[Generator, ...]:
    """Every entry, in the order of the file."""
    return tuple(
        Generator(
            title=row["title"],
            says=row["says"],
            domains=frozenset(row["domains"]),
            company_domains=frozenset(row["company_domains"]),
            shape=re.compile(row["shape"]),
            telling=re.compile(row["telling"]),
            date=row["date"],
            source=row["source"],
        )
        for row in load(HERE / "test_data.toml")["generator"]
    )


def generated_shape(local_part: str, domain: str) -> GeneratedShape | None:
    """Whose test data an address looks like; None for any domain outside the generators' pools."""
    name, host = local_part.lower(), domain.strip().rstrip(".").lower()
    for generator in generators():
        if host in generator.domains and generator.shape.fullmatch(name):
            telling = host in generator.company_domains or bool(generator.telling.fullmatch(name))
            return GeneratedShape(generator, telling)
    return None
