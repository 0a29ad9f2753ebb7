"""Facts as bare as DNS and servers can leave them: one piece of healthy facts emptied, or put otherwise.

Every tuple is emptied, every name becomes the root or a single label, every choice of a closed vocabulary is
taken beside it, what may be missing is missing. Rules must live with each of them.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator
from enum import Enum
from functools import cache
from typing import Any

from probe.facts.model import Facts
from probe.model.sender_mta import Families
from probe.model.target import Options
from probe.reading.bounce.about import BounceFacts
from probe.reading.message.results import MessageFacts

TEXTS = ("", "host")
"""The root as names are written here, and a single label, in the place of any text."""


def bare(facts: Facts) -> Iterator[tuple[str, Facts]]:
    """Each with one node of the tree of facts changed, beside a name that says which and how."""
    for place, changed in _variants(facts):
        yield place, typing.cast(Facts, changed)


def _variants(node: Any) -> Iterator[tuple[str, Any]]:
    yield from _of_node(node)
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        if dataclasses.is_dataclass(value):
            for place, changed in _variants(value):
                yield f"{field.name}.{place}", dataclasses.replace(node, **{field.name: changed})
        elif isinstance(value, tuple):
            for place, items in _of_items(value):
                yield from _changed(node, f"{field.name}{place}", {field.name: items})


def _of_items(items: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for index in sorted({0, len(items) - 1} if items else ()):  # the others are like these
        item = items[index]
        if dataclasses.is_dataclass(item):
            changes = _variants(item)
        elif isinstance(item, str) and not isinstance(item, Enum):
            changes = iter([(repr(text), text) for text in TEXTS])
        else:
            continue
        for place, changed in changes:
            yield f"[{index}].{place}", (*items[:index], changed, *items[index + 1 :])


def _of_node(node: Any) -> Iterator[tuple[str, Any]]:
    """The node itself changed: each field alone, each choice with every tuple empty or every name bare."""
    name = type(node).__name__
    values = {field.name: getattr(node, field.name) for field in dataclasses.fields(node)}
    choices: list[tuple[str, Any]] = [("", {})]
    tuples: dict[str, Any] = {}
    for field, value in values.items():
        if isinstance(value, tuple) and not _is_of_fixed_length(_hint(type(node), field)):
            tuples[field] = ()
            yield from _changed(node, f"{name}({field}=())", {field: ()})
        for other in _others(value, _hint(type(node), field)):
            yield from _changed(node, f"{name}({field}={other!r})", {field: other})
            if isinstance(other, Enum):
                choices.append((f"{field}={other!r}, ", {field: other}))
    texts = [field for field, value in values.items() if type(value) is str]
    for words, choice in choices:
        yield from _changed(node, f"{name}({words}tuples empty)", tuples | choice)
        for text in TEXTS:
            named = dict.fromkeys(texts, text) | {
                field: (text,) for field in tuples if values[field] and type(values[field][0]) is str
            }
            yield from _changed(node, f"{name}({words}names {text!r})", named | choice)


def _changed(node: Any, place: str, changes: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The node with these fields put otherwise; nothing where they are options that nobody can give, or
    families that there are not."""
    try:
        yield place, dataclasses.replace(node, **changes)
    except ValueError:
        if not isinstance(node, Options | Families):
            raise


def _others(value: Any, hint: Any) -> Iterator[Any]:
    """What may stand in the place of a value."""
    if value is not None and _may_be_none(hint):
        yield None
    if isinstance(value, Enum):
        yield from (member for member in type(value) if member is not value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield 0
    elif isinstance(value, str):
        yield from TEXTS


def _may_be_none(hint: Any) -> bool:
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return is_union and type(None) in typing.get_args(hint)


def _is_of_fixed_length(hint: Any) -> bool:
    """A pair of our own data, as the name and link of a provider's desk."""
    members = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return any(typing.get_origin(it) is tuple and ... not in typing.get_args(it) for it in members)


def _hint(kind: type, field: str) -> Any:
    return _hints(kind)[field]


@cache
def _hints(kind: type) -> dict[str, Any]:
    # the types of what most runs lack are loaded with it, and named in the module for the type checker alone
    return typing.get_type_hints(kind, localns={it.__name__: it for it in (BounceFacts, MessageFacts)})
