"""Entries of quotations.toml and wrappings.toml for `smtp-probe rules`; not needed to read a reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from probe._dataclass import dataclass
from probe.knowledge import toml_import
from probe.knowledge.rule_files import QUOTATIONS, WRAPPINGS
from probe.reading.reply.records import Wrapping


@dataclass(frozen=True, slots=True)
class QuotationEntry:
    """One entry of quotations.toml, as a reader sees it; `examples`: a reply and what it quotes."""

    id: str
    about: str
    says: str
    pattern: str
    source: str
    date: str
    examples: tuple[tuple[str, str], ...]


def all_quotations() -> tuple[QuotationEntry, ...]:
    """Every entry, in the order in which they are tried."""
    table = toml_import.load(QUOTATIONS)
    return tuple(
        QuotationEntry(
            row["id"],
            row["about"],
            row["says"],
            row["pattern"],
            row["source"],
            row.get("date", table["date"]),
            tuple((example["text"], example["inner"]) for example in row["examples"]),
        )
        for row in table["quotation"]
    )


@dataclass(frozen=True, slots=True)
class WrappingEntry:
    """One entry of wrappings.toml, as a reader sees it. `by`: who writes the form. `examples`: texts, each
    with the result of reading it (code, status, reply, stage); `counter`: texts that do not have the form."""

    form: Wrapping
    by: str
    source: str
    date: str
    examples: tuple[Mapping[str, Any], ...]
    counter: tuple[str, ...]


def all_wrappings() -> tuple[WrappingEntry, ...]:
    """Every entry, in the order in which they are tried."""
    table = toml_import.load(WRAPPINGS)
    return tuple(
        WrappingEntry(
            Wrapping.of(row),
            row["by"],
            row["source"],
            row.get("date", table["date"]),
            tuple(row["examples"]),
            tuple(row["counter"]),
        )
        for row in table["wrapping"]
    )
