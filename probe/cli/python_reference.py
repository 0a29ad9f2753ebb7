"""The reference page of the Python API, generated from signatures and docstrings."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

import probe
from probe.cli.reference_text import literal
from probe.report.markdown_text import markdown_code

_QUOTED = re.compile(r"'([^']+)'")


def python_page() -> Iterator[str]:
    """The texts of the page, in their order."""
    yield (
        "Everything that `import probe` promises. Names load when they are first used. What else is in the"
        " package may change."
    )
    members = {name: getattr(probe, name) for name in probe.__all__ if not name.startswith("__")}
    functions = {name: it for name, it in members.items() if inspect.isfunction(it)}
    classes = {name: it for name, it in members.items() if inspect.isclass(it)}
    yield "## Functions"
    for name, function in functions.items():
        yield from _function(name, function)
    yield "## Results and options"
    for name, kind in classes.items():
        if not issubclass(kind, Enum | Exception):
            yield from _class(name, kind)
    yield "## Vocabularies"
    for name, kind in classes.items():
        if issubclass(kind, Enum):
            yield f"### {literal(name)}"
            yield _prose(kind)
            yield "\n".join(f"- {markdown_code(it.name)}: {markdown_code(str(it.value))}" for it in kind)
    yield "## Exceptions"
    for name, kind in classes.items():
        if issubclass(kind, Exception):
            yield f"### {literal(name)}"
            yield _prose(kind)


def _function(name: str, function: Callable[..., Any]) -> Iterator[str]:
    word = "await " if inspect.iscoroutinefunction(function) else ""
    yield f"### {literal(name)}"
    yield markdown_code(f"{word}probe.{name}{_signature(function)}")
    yield _prose(function)


def _class(name: str, kind: type) -> Iterator[str]:
    yield f"### {literal(name)}"
    yield _prose(kind)
    rows = [f"- {markdown_code(it.name)}: {markdown_code(str(it.type))}" for it in dataclasses.fields(kind)]
    rows += [_member(key, it) for key, it in inspect.getmembers(kind) if _is_public(key, it)]
    yield "\n".join(rows)


def _is_public(name: str, member: Any) -> bool:
    is_member = inspect.isfunction(member) or isinstance(member, property)
    return not name.startswith("_") and is_member and bool(member.__doc__)


def _member(name: str, member: Any) -> str:
    if isinstance(member, property):
        return f"- {markdown_code(name)}: {_prose(member)}"
    return f"- {markdown_code(f'{name}{_signature(member)}')}: {_prose(member)}"


def _signature(function: Callable[..., Any]) -> str:
    text = _QUOTED.sub(r"\1", str(inspect.signature(function)))  # annotations are strings
    return text.replace("(self, *, ", "(*, ").replace("(self)", "()")


def _prose(member: Any) -> str:
    """The docstring in one paragraph."""
    text = " ".join(inspect.cleandoc(member.__doc__ or "").split())
    parts = enumerate(text.split("`"))  # every second part is between backticks
    return "".join(markdown_code(part) if index % 2 else _literal(part) for index, part in parts)


def _literal(text: str) -> str:
    """As `literal`, but keeps leading and trailing white space."""
    if not text.strip():
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}{literal(text)}{after}"
