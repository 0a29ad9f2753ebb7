"""The compiled rules of replies: what matching needs, in the shape it needs it.

The reviewed form is TOML (`probe.knowledge.rule_files` names the files). Here it becomes one table that loads
in a few milliseconds; sources, dates and examples stay behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from probe.knowledge import toml_import
from probe.knowledge.rule_files import (
    NOTIONS,
    QUOTATIONS,
    VOCABULARY,
    compiled_from,
    expression,
    rule_files,
)

COMPILED = Path(__file__).with_name("compiled_rules.json")
_LISTS = ("rules", "phrases", "links", "patterns", "noted", "coded")
_QUOTATION_KEYS = ("id", "about", "says", "needs", "pattern")


@lru_cache(maxsize=1)
def compiled() -> Mapping[str, Any]:
    """The compiled table; see `build` for its keys."""
    return toml_import.derived(COMPILED, compiled_from(), build)


def build() -> dict[str, Any]:
    """Compile from TOML.

    Keys: `rules` (lists, see `_row`), `index` (of phrases and patterns, see `phrases.index`), `links`
    ([literal, rule number]), `noted` ([notions, rule number]), `sentences` (`notions.Sentences`), `coded`
    (numbers of rules that look at codes and stages only), `stems` (`notions.Stems`), `stem_leads`
    (`notions.leads`), `hints` (notion of the vocabulary -> notions of notions.toml), `quotations` (lists of
    id, about, says, needs, pattern, until), `causes`, `scoring`, `enhanced_status` (as in their files).
    """
    from probe.reading.reply.notions import compile_stems, leads
    from probe.reading.reply.phrases import index

    table: dict[str, Any] = {name: [] for name in _LISTS} | {"sentences": {}}
    for path in rule_files():
        file = toml_import.parse(path)
        servers = {row["id"] for row in file.get("software", ()) if row["kind"] == "server"}
        for rule in file.get("rule", ()):
            _add(table, rule, bool(file.get("general")), servers)
    table["index"] = index(table.pop("phrases"), table.pop("patterns"))
    vocabulary = toml_import.parse(VOCABULARY)
    table["hints"] = vocabulary["hint"]
    table["stems"] = compile_stems(toml_import.parse(NOTIONS)["notion"], vocabulary["words"])
    table["stem_leads"] = leads(table["stems"])
    table["quotations"] = [
        [*(row[key] for key in _QUOTATION_KEYS), row.get("until", "")]
        for row in toml_import.parse(QUOTATIONS)["quotation"]
    ]
    return table


def _add(table: dict[str, Any], rule: Mapping[str, Any], general: bool, servers: set[str]) -> None:
    number = len(table["rules"])
    table["rules"].append(_row(rule, general))
    if "software" in rule:
        # as `speaker.fits` takes them
        told = [rule["software"], rule.get("told_by") == "session", servers.issuperset(rule["software"])]
        table["rules"][number][5]["software"] = told
    table["phrases"].extend([phrase, number] for phrase in rule.get("phrases", ()))
    table["links"].extend([link, number] for link in rule.get("links", ()))
    if "pattern" in rule:
        table["patterns"].append([rule["needs"], expression(rule["pattern"]), number])
    if "notions" in rule:
        table["noted"].append([rule["notions"], number])
    for notions in rule.get("sentences", ()):
        place = table["sentences"].setdefault(notions[0], [])
        place.append([notions, rule.get("without", []), number])
    if not {"phrases", "links", "pattern", "notions", "sentences"} & rule.keys():
        table["coded"].append(number)


def _row(rule: Mapping[str, Any], general: bool) -> list[Any]:
    """id, facet, causes, says, rest, conditions, vague, general, final, conduct, overrules, exact,
    without: the order that `match` unpacks."""
    conditions = {
        key: rule[key]
        for key in ("codes", "enhanced", "pairs", "stages", "hosts", "unless", "coded", "wordless", "unread")
        if key in rule
    }
    said = [rule["id"], rule["facet"], rule["causes"], rule["says"]]
    yields = rule.get("yields", False)  # silent beside words that name a cause, as a vague rule is
    words = [rule.get("rest"), conditions, int(yields) or rule.get("vague", 0), general]
    follows = [rule.get("final", ""), rule.get("conduct"), rule.get("overrules", ())]
    exact = "notions" not in rule and (yields or not rule.get("vague", 0)) and "told_by" not in rule
    return [*said, *words, *follows, exact, rule.get("without", ())]
