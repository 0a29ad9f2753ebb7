"""Rules of a test's own, in the place of those of the rule files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from probe.reading.reply import match
from probe.reading.reply.build import of_rules
from probe.reading.reply.conditions import Status, Subject
from probe.reading.reply.mask import mask
from probe.reading.reply.records import Table
from probe.reading.reply.table import stored_table

Row = Mapping[str, Any]


def rule(identity: str, causes: Mapping[str, float] | None = None, **conditions: Any) -> Row:
    """A row as it stands in a rule file; it speaks for `user_unknown` where it says nothing else."""
    named = {"user_unknown": 10} if causes is None else causes
    row = {"id": identity, "says": f"says {identity}", "facet": "text", "causes": named}
    return row | conditions


def use(monkeypatch: pytest.MonkeyPatch, *rows: Row, general: Sequence[Row] = ()) -> Table:
    """Let these be all rules, `general` in a file that yields to the other."""
    files: list[Row] = [{"rule": list(rows)}, {"rule": list(general), "general": True}]
    table = Table.of({**stored_table(), **of_rules(files)})
    monkeypatch.setattr(match, "rule_table", lambda: table)
    match._holding_codes.cache_clear()
    match._candidates.cache_clear()
    return table


def subject(text: str, *statuses: str, **entries: Any) -> Subject:
    """What is known of a reply of these words. A status of success is read as nothing."""
    return Subject(
        mask(text),
        statuses=tuple(Status(it, "" if it.startswith("2.") else it) for it in statuses),
        **entries,
    )


def speaking(text: str, *statuses: str, **entries: Any) -> set[str]:
    """The ids of the rules that speak; an echo has a question mark behind it."""
    matches = match.matches(subject(text, *statuses, **entries))
    return {f"{it.rule.id}?" if it.is_echo else it.rule.id for it in matches}
