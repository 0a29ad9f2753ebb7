"""The types of the fields of a dataclass, from its annotations."""

from __future__ import annotations

import sys
from functools import cache
from types import SimpleNamespace
from typing import Any, get_type_hints

from probe._dataclass import fields


def field_types(kind: type) -> dict[str, Any]:
    """By name. `typing.get_type_hints` takes longer: it reads every annotation, of which in the classes of a
    recording most stand in their module twice or more."""
    names = {field.name for field in fields(kind)}
    return {
        name: _type_of(annotation, base.__module__)
        for base in reversed(kind.__mro__)
        for name, annotation in getattr(base, "__annotations__", {}).items()
        if name in names
    }


@cache
def _type_of(annotation: str, module: str) -> Any:
    holder = SimpleNamespace(__annotations__={"type": annotation})
    return get_type_hints(holder, vars(sys.modules[module]))["type"]
