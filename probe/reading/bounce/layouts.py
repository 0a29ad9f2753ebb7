"""The layouts of prose bounces, made ready: bounce_layouts.toml, and which words each expression needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from probe.knowledge import toml_import
from probe.knowledge.rule_files import HERE
from probe.reading.bounce.expressions import Literals
from probe.reading.bounce.layout import Layouts, with_places

FILE = HERE / "bounce_layouts.toml"
COMPILED = Path(__file__).with_name("compiled_layouts.json")
_MAKERS = ("expressions.py", "layout.py", "layouts.py", "literals.py")
_KINDS = ("layout", "wrapping", "own")
_FOR_READERS = frozenset({"mta", "source", "date", "examples"})


@cache
def bounce_layouts() -> Layouts:
    """All layouts, wrappings and words."""
    table = stored_layouts()
    return Layouts.of(table, {text: Literals(*row) for text, row in table["needs"].items()})


def stored_layouts(*, keep: bool | None = None) -> Mapping[str, Any]:
    """The table that `build_layouts` makes, from the wheel's copy or the cache; `keep` as in
    `toml_import.derive`."""
    makers = [COMPILED.with_name(name) for name in _MAKERS]
    return toml_import.derive(COMPILED, [Path(str(FILE)), *makers], build_layouts, keep=keep)


def build_layouts() -> dict[str, Any]:
    """The table of the file without what only readers want, and `needs`. Raises re.error for a wrong
    expression."""
    from probe.reading.bounce.literals import literals  # only if there is no stored table

    table = toml_import.parse(Path(str(FILE)))
    kinds: dict[str, Any] = {
        kind: [{key: row[key] for key in row if key not in _FOR_READERS} for row in table[kind]]
        for kind in _KINDS
    }
    kinds["words"] = {name: row for name, row in table["words"].items() if isinstance(row, list)}
    needs = {text: literals(text) for text in expressions(table)}
    return kinds | {"needs": {text: item for text, item in needs.items() if item.words}}


def expressions(table: Mapping[str, Any]) -> Iterator[str]:
    """All expressions of the table, as they are compiled."""
    for row in table["layout"]:
        yield from (*row["signs"], with_places(row["entry"]), *row.get("reply", ()))
        yield from (row[name] for name in ("after", "until", "remote", "ended") if name in row)
    for row in (*table["wrapping"], *table["own"]):
        yield row["pattern"]
    for row in table["words"].values():
        yield from row if isinstance(row, list) else ()
