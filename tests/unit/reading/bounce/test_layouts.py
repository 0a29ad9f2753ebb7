"""Each wrapping of bounce_layouts.toml takes the reply out of its own examples."""

from __future__ import annotations

import re
from typing import Any

import pytest

from probe.knowledge.toml_import import load
from probe.reading.bounce.expressions import Choice, Expression
from probe.reading.bounce.layouts import FILE
from probe.reading.bounce.literals import literals
from probe.reading.bounce.wrapped import unwrap_text

WRAPPINGS: list[dict[str, Any]] = list(load(FILE)["wrapping"])
EXAMPLES = [(row, text) for row in WRAPPINGS for text in row["examples"]]


def _alone(row: dict[str, Any]) -> Choice[Expression]:
    expression = Expression(row["pattern"], re.IGNORECASE, literals(row["pattern"]))
    return Choice([(expression, expression.literals)])


@pytest.mark.parametrize("row", WRAPPINGS, ids=lambda row: str(row["id"]))
def test_each_has_a_source_and_an_example(row: dict[str, Any]) -> None:
    assert row["source"] and row["examples"]


@pytest.mark.parametrize(("row", "text"), EXAMPLES, ids=lambda it: it["id"] if isinstance(it, dict) else "")
def test_an_example_gives_its_reply(row: dict[str, Any], text: str) -> None:
    reply, host, _ = unwrap_text(text, _alone(row))
    assert re.match(r"[245]\d\d", reply)
    assert host in {"", "mx.example.net", "192.0.2.1"}


@pytest.mark.parametrize("row", WRAPPINGS, ids=lambda row: str(row["id"]))
def test_a_bare_reply_is_in_none(row: dict[str, Any]) -> None:
    assert unwrap_text("550 5.1.1 user unknown", _alone(row)) == (
        "",
        "",
        None,
    )
