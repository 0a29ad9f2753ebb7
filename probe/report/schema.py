"""The JSON Schema of the report, generated from the dataclasses, so that both always agree."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from probe._dataclass import fields, is_dataclass
from probe.bulk.report import SCHEMA as BULK_SCHEMA
from probe.bulk.report import BulkOperator, BulkOutcome, BulkReport
from probe.doctor.report import SCHEMA as DOCTOR_SCHEMA
from probe.doctor.report import DoctorReport
from probe.maillog.report import SCHEMA as LOG_SCHEMA
from probe.maillog.report import LogGroup, LogReport
from probe.model import report as model
from probe.model.finding import Finding
from probe.model.verdict import ExitCode
from probe.report.json_report import json_name

DIALECT = "https://json-schema.org/draft/2020-12/schema"

# Bounds that scripts may rely on; closed vocabularies are enums in the model. Everything else may grow.
_CONSTRAINTS: dict[tuple[type, str], dict[str, Any]] = {
    (model.Report, "schema"): {"const": model.SCHEMA},
    (model.Report, "started_at"): {"format": "date-time"},
    (model.Report, "elapsed_ms"): {"minimum": 0},
    (model.Verdict, "confidence"): {"minimum": 0, "maximum": 1},
    (model.Verdict, "exit_code"): {"enum": [code.value for code in ExitCode if code is not ExitCode.USAGE]},
    (model.ReportCause, "probability"): {"minimum": 0, "maximum": 1},
    (model.ReportHypothesis, "probability"): {"minimum": 0, "maximum": 1},
    (model.ChecklistStep, "step"): {"minimum": 1, "maximum": 9},
    (Finding, "step"): {"minimum": 1, "maximum": 9},
    (LogReport, "schema"): {"const": LOG_SCHEMA},
    (LogReport, "exit_code"): {"enum": [0, 1, 4]},
    (LogGroup, "probability"): {"minimum": 0, "maximum": 1},
    (BulkReport, "schema"): {"const": BULK_SCHEMA},
    (BulkReport, "started_at"): {"format": "date-time"},
    (BulkReport, "exit_code"): {"enum": [0, 1, 4]},
    (DoctorReport, "schema"): {"const": DOCTOR_SCHEMA},
    (DoctorReport, "started_at"): {"format": "date-time"},
    (DoctorReport, "elapsed_ms"): {"minimum": 0},
    (DoctorReport, "exit_code"): {"enum": [0, 1, 4]},
    (BulkOutcome, "share"): {"minimum": 0, "maximum": 1},
    (BulkOperator, "share"): {"minimum": 0, "maximum": 1},
}

_SCALARS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
}


def report_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the JSON report. Every listed key is always present; new keys may
    appear beside them in later versions, so unknown keys are allowed."""
    return _schema(model.Report, "urn:smtp-probe:schema:report:1", "smtp-probe report")


def log_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of what `log --format json` prints; as `report_schema`."""
    return _schema(LogReport, "urn:smtp-probe:schema:log:1", "smtp-probe log report")


def bulk_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of what `bulk --summary` writes; as `report_schema`."""
    return _schema(BulkReport, "urn:smtp-probe:schema:bulk:1", "smtp-probe bulk report")


def doctor_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of what `doctor --format json` prints; as `report_schema`."""
    return _schema(DoctorReport, "urn:smtp-probe:schema:doctor:1", "smtp-probe doctor report")


SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "report": report_schema,
    "log": log_schema,
    "bulk": bulk_schema,
    "doctor": doctor_schema,
}


def _schema(kind: type, identity: str, title: str) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    _define(kind, definitions)
    root = definitions.pop(kind.__name__)
    return {
        "$schema": DIALECT,
        "$id": identity,
        "title": title,
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _define(kind: type, definitions: dict[str, Any]) -> None:
    if kind.__name__ in definitions:
        return
    definitions[kind.__name__] = {}  # placeholder: stops a recursive type from looping
    hints = get_type_hints(kind)
    properties = {
        json_name(field): {
            **_schema_of(hints[field.name], definitions),
            **_CONSTRAINTS.get((kind, field.name), {}),
        }
        for field in fields(kind)
    }
    definition: dict[str, Any] = {"type": "object", "properties": properties, "required": list(properties)}
    doc = " ".join((kind.__doc__ or "").split())
    if doc:
        definition = {"description": doc, **definition}
    definitions[kind.__name__] = definition


def _schema_of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if hint in _SCALARS:
        return dict(_SCALARS[hint])
    if get_origin(hint) in {Union, types.UnionType}:
        return _union(get_args(hint), definitions)
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _schema_of(get_args(hint)[0], definitions)}
    if get_origin(hint) is Mapping:
        return {"type": "object", "additionalProperties": _schema_of(get_args(hint)[1], definitions)}
    if isinstance(hint, type) and issubclass(hint, Enum):
        kind = "integer" if issubclass(hint, int) else "string"
        return {"type": kind, "enum": [member.value for member in hint]}
    if isinstance(hint, type) and is_dataclass(hint):
        _define(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    raise TypeError(f"no JSON form is known for {hint!r}")


def _union(members: tuple[Any, ...], definitions: dict[str, Any]) -> dict[str, Any]:
    schemas = [_schema_of(member, definitions) for member in members]
    if all(set(schema) == {"type"} for schema in schemas):
        return {"type": [schema["type"] for schema in schemas]}
    return {"anyOf": schemas}
