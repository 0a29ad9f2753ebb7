"""Documents made from the types of their nodes: a kind of node that is added is in them without more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from probe.report import document as doc
from probe.report.line import Line

_PLAIN_VALUES: dict[type, Any] = {bool: True, int: 7, float: 0.25}
# Fields of which only one is written
_EITHER: dict[type, tuple[str, ...]] = {doc.Turn: ("reply", "remark")}


def whole(text: Callable[[str], str]) -> doc.Document:
    """A document with every kind of block, row and span in every place that takes it. `text` makes the string
    of a field, named `Class.field`."""
    result = _made(doc.Document, "", text)[0]
    assert isinstance(result, doc.Document)
    return result


def _made(hint: Any, name: str, text: Callable[[str], str]) -> list[Any]:
    """A value of each kind that the hint allows."""
    if hint is str:
        return [text(name)]
    if hint is type(None):
        return []
    if hint in _PLAIN_VALUES:
        return [_PLAIN_VALUES[hint]]
    if get_origin(hint) in (Union, UnionType):
        return [value for kind in get_args(hint) for value in _made(kind, name, text)]
    if get_origin(hint) is tuple:
        values = _made(get_args(hint)[0], name, text)
        return [tuple(values if len(values) > 1 else values + _made(get_args(hint)[0], name, text))]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return [next(iter(hint))]
    left_out = _EITHER.get(hint, ("",))
    return [_node(hint, text, without) for without in left_out]


def _node(kind: type, text: Callable[[str], str], without: str) -> Any:
    return kind(
        **{
            name: () if name == without else _made(hint, f"{kind.__name__}.{name}", text)[0]
            for name, hint in get_type_hints(kind).items()
        }
    )


def own_words(document: doc.Document) -> Iterator[str]:
    """All that stands in its lines as the program's own words."""
    yield from _own(document, doc.Document)


def _own(value: Any, hint: Any) -> Iterator[str]:
    if hint == Line:
        yield from (span for span in value if isinstance(span, str))
    elif get_origin(hint) is tuple:
        for item in value:
            yield from _own(item, get_args(hint)[0])
    elif get_origin(hint) in (Union, UnionType):
        if value is not None:
            yield from _own(value, type(value))
    elif isinstance(hint, type) and hint.__module__.startswith("probe.report") and not issubclass(hint, Enum):
        for name, inner in get_type_hints(hint).items():
            yield from _own(getattr(value, name), inner)
