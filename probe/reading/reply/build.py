"""Compile the reviewed rule files: TOML goes in, what `records.Table.of` takes comes out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from probe.knowledge import toml_import
from probe.knowledge.rule_files import (
    NOTIONS,
    QUOTATIONS,
    VOCABULARY,
    WAITS,
    WRAPPINGS,
    expression,
    rule_files,
)
from probe.reading.reply.candidates import index
from probe.reading.reply.records import Aspect, QuotationRule, Wrapping
from probe.reading.reply.stems import compile_stems
from probe.reading.reply.waits import compile_waits

_WORDS = frozenset({"phrases", "links", "pattern", "notions", "sentences"})
_ROW_KEYS = ("rest", "final", "conduct", "overrules", "without", *(aspect.value for aspect in Aspect))


def build() -> dict[str, Any]:
    """The table of all rule files. Raises KeyError for a rule that lacks what it needs."""
    vocabulary = toml_import.parse(VOCABULARY)
    return of_rules(map(toml_import.parse, rule_files())) | {
        "hints": vocabulary["hint"],
        "stems": compile_stems(toml_import.parse(NOTIONS)["notion"], vocabulary["words"]),
        "quotations": [_quotation(row) for row in toml_import.parse(QUOTATIONS)["quotation"]],
        "waits": compile_waits(toml_import.parse(WAITS)["language"]),
        "wrappings": [_wrapping(row) for row in toml_import.parse(WRAPPINGS)["wrapping"]],
    }


def of_rules(files: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The part of the table that is made of parsed rule files."""
    rules: list[str] = []
    phrases: list[tuple[str, int]] = []
    patterns: list[tuple[Sequence[str], str, int]] = []
    table: dict[str, Any] = {"rules": rules, "links": [], "noted": [], "coded": [], "sentences": {}}
    for file in files:
        servers = {row["id"] for row in file.get("software", ()) if row["kind"] == "server"}
        for rule in file.get("rule", ()):
            number = len(rules)
            rules.append(json.dumps(_row(rule, bool(file.get("general")), servers), ensure_ascii=False))
            phrases.extend((phrase, number) for phrase in rule.get("phrases", ()))
            if "pattern" in rule:
                patterns.append((rule["needs"], expression(rule["pattern"]), number))
            _add(table, rule, number)
    table["index"] = index(phrases, patterns)._asdict()
    return table


def _add(table: dict[str, Any], rule: Mapping[str, Any], number: int) -> None:
    """Add a rule to the indexes, except its phrases and its pattern."""
    table["links"].extend([link, number] for link in rule.get("links", ()))
    if "notions" in rule:
        table["noted"].append([rule["notions"], number])
    for notions in rule.get("sentences", ()):
        place = table["sentences"].setdefault(notions[0], [])
        place.append([notions, rule.get("without", []), number])
    if _WORDS.isdisjoint(rule):
        table["coded"].append(number)


def _row(rule: Mapping[str, Any], general: bool, servers: set[str]) -> dict[str, Any]:
    """The row of `records.MatchRule.of`, without what the rule does not have."""
    yields = rule.get("yields", False)  # silent beside words that name a cause, like a vague rule
    is_vague = bool(rule.get("vague", 0)) and not yields
    row = {key: rule[key] for key in ("id", "facet", "causes", "says")}
    row |= {key: rule[key] for key in _ROW_KEYS if key in rule}
    row |= {
        "vague": int(yields) or rule.get("vague", 0),
        "is_general": general,
        "is_exact": "notions" not in rule and not is_vague and "told_by" not in rule,
    }
    if "software" in rule:
        programs = rule["software"]
        row["software"] = [programs, rule.get("told_by") == "session", servers.issuperset(programs)]
    return {
        key: value for key, value in row.items() if value or key not in ("vague", "is_general", "is_exact")
    }


def _quotation(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row.get(key, "") for key in QuotationRule._fields}


def _wrapping(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in Wrapping._fields if key in row}
