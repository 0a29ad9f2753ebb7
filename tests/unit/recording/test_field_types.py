"""The types of fields are those that the standard library finds."""

from __future__ import annotations

import typing
from typing import ClassVar

import pytest

from probe._dataclass import dataclass, fields
from probe.model.reason import Reason
from probe.recording import events
from probe.recording.field_types import field_types

EVENTS = [it for it in vars(events).values() if isinstance(it, type) and hasattr(it, "__dataclass_fields__")]


@dataclass(frozen=True, slots=True)
class Base:
    """Its heir has another type for one field."""

    number: ClassVar[int] = 1
    code: int
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Heir(Base):
    """Has a field more."""

    code: bool
    more: tuple[Base, ...] = ()


@pytest.mark.parametrize("kind", [*EVENTS, Reason, Base, Heir])
def test_are_those_of_the_standard_library(kind: type) -> None:
    hints = typing.get_type_hints(kind)
    assert field_types(kind) == {field.name: hints[field.name] for field in fields(kind)}
