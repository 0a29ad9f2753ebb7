"""Applies a function to every string of a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar

from probe._dataclass import fields, is_dataclass, replace

T = TypeVar("T")


def with_strings(value: T, escape: Callable[[str], str]) -> T:
    """Copy a tree of dataclasses, tuples and mappings with `escape` applied to each string in it; keys of
    mappings are not changed."""
    return _map(value, escape)  # type: ignore[no-any-return]


def _map(value: Any, escape: Callable[[str], str]) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, tuple):
        return tuple(_map(item, escape) for item in value)
    if isinstance(value, Mapping):
        return {key: _map(item, escape) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _map(getattr(value, f.name), escape) for f in fields(value)})
    return value
