"""Loads the compiled rules of replies: the `Table` of this installation.

The reviewed form is TOML (`probe.knowledge.rule_files` names the files); `build` makes one table of it that
loads in a few milliseconds. Only `build` and `records` know how it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from probe.knowledge import toml_import
from probe.knowledge.rule_files import compiled_from
from probe.reading.reply.records import Table

COMPILED = Path(__file__).with_name("compiled_rules.json")
_MAKERS = ("build.py", "candidates.py", "records.py", "stems.py", "waits.py")


@lru_cache(maxsize=1)
def rule_table() -> Table:
    """The table of this installation."""
    return Table.of(stored_table())


def stored_table(*, keep: bool | None = None) -> Mapping[str, Any]:
    """The data of the table, from the wheel's copy or the cache; `keep` as in `toml_import.derived`.

    It is built again when a rule file changes, or the code that makes it.
    """
    makers = [COMPILED.with_name(name) for name in _MAKERS]
    return toml_import.derive(COMPILED, [*compiled_from(), *makers], _build, keep=keep)


def _build() -> Mapping[str, Any]:
    from probe.reading.reply.build import build  # only if there is no stored table

    return build()
