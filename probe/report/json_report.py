"""The report as JSON: the fields of `probe.model.report`, in their order, under their published names."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from probe._dataclass import Field, fields, is_dataclass
from probe.report.json_text import json_text

if TYPE_CHECKING:  # not needed for a report of logs
    from probe.model.report import Report


def to_json(report: Report) -> str:
    """One pretty-printed JSON object with a final line break; valid against `smtp-probe schema report`."""
    return json_text(document(report), indent=2) + "\n"


def document(value: Any) -> Any:
    """Dataclasses and mappings as dicts, tuples as lists, enums as their values; all else unchanged."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [document(item) for item in value]
    if isinstance(value, Mapping):
        return {key: document(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {json_name(field): document(getattr(value, field.name)) for field in fields(value)}
    return value


def json_name(field: Field[Any]) -> str:
    """The published name: `metadata["json"]` if the name is a Python keyword."""
    name: str = field.metadata.get("json", field.name)
    return name
