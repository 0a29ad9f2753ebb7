"""Every promise of docs/security.md names a test that holds it, and every test that it names is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
_NODE = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def promises() -> list[str]:
    """The items of the list under "Promises", each with all its lines."""
    section = PAGE.split("## Promises")[1].split("\n## ")[0]
    items = re.split(r"^- ", section, flags=re.MULTILINE)[1:]
    return [re.split(r"\n(?=\n|#)", item)[0] for item in items]


def title(promise: str) -> str:
    match = re.match(r"\*\*(.+?)\*\*", promise, re.DOTALL)
    assert match, promise
    return " ".join(match[1].split())


@pytest.mark.parametrize("promise", promises(), ids=title)
def test_a_promise_names_the_tests_that_hold_it(promise: str) -> None:
    assert _NODE.findall(promise)


@pytest.mark.parametrize(("path", "name"), sorted(set(_NODE.findall(PAGE))))
def test_a_test_that_is_named_is_there(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert name in tests


def test_what_looks_like_a_test_is_named_in_full() -> None:
    mentioned = re.findall(r"`(tests/[^`]*)`", PAGE)
    assert mentioned == [f"{path}::{name}" for path, name in _NODE.findall(PAGE)]


def test_there_are_as_many_promises_as_the_page_makes() -> None:
    assert len(promises()) >= 18
