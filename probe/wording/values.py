"""The values of a sentence, in the form that templates and reports have them."""

from __future__ import annotations

from enum import Enum

from probe.model.finding import Arg
from probe.wording.spoken import is_tagged, spoken


def arg_of(value: object) -> Arg:
    """A value, or several as a tuple. An enum is its value, a reason its clause, None an empty text, a bool a
    text that a template can test; a dictionary is its keys, anything else its text."""
    if isinstance(value, tuple | list | dict):
        return tuple(map(_one, value))
    return _one(value)


def _one(value: object) -> str | int | float:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str | int | float):
        return value
    if is_tagged(value):
        return spoken(value)
    return "" if value is None else str(value)
