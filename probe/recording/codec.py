"""Events to JSON Lines and back: one event a line, every field by its own name.

The line is ASCII. Octets that are usually text (SMTP dialogue, TXT, policy bodies) are written as the Latin-1
string of the same code points, exact for every octet and readable for ASCII; others (certificates, hashes, a
whole message) are base64. Reading is strict: a wrong type, a missing or an unknown field, or a value that no
run can have recorded (`limits`) raises `RecordingError`.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import types
from collections.abc import Callable, Mapping
from functools import cache, partial
from ipaddress import IPv4Address, IPv6Address
from typing import Any, TypeVar, Union, get_args, get_origin

from probe._dataclass import MISSING, dataclass, fields, is_dataclass
from probe._enum import StrEnum
from probe.model.answer_fault import AnswerWhy
from probe.model.dialable import NotPublic
from probe.model.local_tool import ToolWhy
from probe.model.mta_reason import MtaWhy
from probe.model.reason import Reason
from probe.recording import events as ev
from probe.recording import mta_sentences
from probe.recording.field_types import field_types
from probe.recording.limits import (
    NAMED,
    RANGES,
    why_no_fault,
    why_no_name,
    why_no_reason,
    why_no_time,
    why_not_an_address_kind,
    why_not_whole,
)
from probe.settings import MESSAGE_SIZE_LIMIT

LINE_LIMIT = MESSAGE_SIZE_LIMIT // 2 * 3  # octets; the longest line is a message in base64, a third longer

_KINDS: dict[str, type] = {
    "started": ev.Started,
    "vantage": ev.Vantage,
    "local_mta": ev.SenderMtaRead,
    "dns": ev.DnsAnswered,
    "name_server_silent": ev.NameServerSilent,
    "session_opened": ev.SessionOpened,
    "connected": ev.Connected,
    "sent": ev.Sent,
    "received": ev.Received,
    "tls_established": ev.TlsEstablished,
    "tls_failed": ev.TlsFailed,
    "session_closed": ev.SessionClosed,
    "https": ev.HttpsFetched,
    "opinion": ev.OpinionGiven,
    "message": ev.MessageGiven,
    "bounce": ev.BounceGiven,
    "log": ev.LogGiven,
    "not_reached": ev.NotReached,
    "finished": ev.Finished,
}
_NAMES = {event: kind for kind, event in _KINDS.items()}
_BASE64 = frozenset(
    {("TlsEstablished", "chain"), ("Tlsa", "data"), ("MessageGiven", "data"), ("BounceGiven", "data")}
)

# Derived values of an answer, which are never recorded.
DERIVED = frozenset({("AnswerWhy", "words"), ("AnswerWhy", "own"), ("Answer", "own")})

# Fields with another name in recordings than in the program, because existing files keep their keys.
_KEYS = {("Answer", "provenance"): "told"}


class RecordingError(Exception):
    """A recording that cannot be used. `line_number` counts from 1 (None: not about one line);
    `reason` is one clause; the text of the exception joins both."""

    def __init__(self, line_number: int | None, reason: str) -> None:
        super().__init__(reason if line_number is None else f"line {line_number}: {reason}")
        self.line_number = line_number
        self.reason = reason


def encode(event: ev.Event) -> str:
    """One line of ASCII JSON without its line end; `decode` gives back an equal event."""
    event_type: type = type(event)
    kind = {"kind": _NAMES[event_type]}
    return json.dumps(kind | _shape(event_type).write(event), ensure_ascii=True, separators=(",", ":"))


def decode(line: str | bytes, line_number: int = 1, version: int = ev.FORMAT_VERSION) -> ev.Event:
    """Read one line of a recording of this format version; the first line contains its version. Raises
    RecordingError; `line_number` is only for its text. The result is of the newest version."""
    if len(line) > LINE_LIMIT:
        raise RecordingError(line_number, f"is longer than {LINE_LIMIT} octets")
    try:
        value = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise UnfinishedLineError(line_number, "is not JSON") from None
    try:
        return _event(value, version)
    except _WrongError as error:
        raise RecordingError(line_number, str(error)) from None
    except RecursionError:
        raise RecordingError(line_number, "is nested too deeply") from None


def event_kinds() -> Mapping[str, type]:
    """Every kind of event by its name in a recording, in the order in which a run makes them."""
    return _KINDS


def version_of(line: str | bytes) -> int:
    """The format version that the first line of a recording names, one that `decode` has read."""
    return _known_version(json.loads(line)["version"])


class UnfinishedLineError(RecordingError):
    """A line that is not JSON; at the end of a file this is an interrupted write."""


class _WrongError(Exception):
    """What is wrong with a line, without the line number."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """How values of one type are written and read. `parse` gets the JSON value and its path."""

    write: Callable[[Any], Any]
    parse: Callable[[Any, str], Any]


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _event(value: Any, version: int) -> ev.Event:
    if not isinstance(value, dict):
        raise _WrongError("is not a JSON object")
    fields: dict[str, Any] = dict(value)
    kind = fields.pop("kind", None)
    if not isinstance(kind, str) or kind not in _KINDS:
        raise _WrongError(f"the event kind {_shorten(kind)} is unknown")
    if kind == "started":
        version = _known_version(fields.get("version"))
        fields["version"] = ev.FORMAT_VERSION
    if version == ev.OLD_VERSION:
        fields = _upgrade(kind, fields)
    if kind == "dns":
        fields = _with_reason(fields, version)
    if kind == "local_mta":
        fields = mta_sentences.upgrade(fields, partial(_check_sentence, version))
    event: ev.Event = _shape(_KINDS[kind]).parse(fields, kind)
    if isinstance(event, ev.Started) and (wrong := why_no_time(event.started_at)) is not None:
        raise _WrongError(f"started.started_at {wrong}")
    return event


def _known_version(version: Any) -> int:
    if type(version) is not int or version not in (ev.OLD_VERSION, ev.FORMAT_VERSION):
        raise _WrongError(
            f"the recording has format version {_shorten(version)}; this program reads "
            f"{ev.OLD_VERSION} and {ev.FORMAT_VERSION}"
        )
    return version


def _upgrade(kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of an event of format 1 as format 2 has them."""
    from probe.recording import format_1  # only for such a recording

    for name in format_1.SENTENCES.get(kind, ()):
        if name in fields:
            _SCALARS[str].parse(fields[name], f"{kind}.{name}")
    for name in format_1.NEW.get(kind, ()):
        if name in fields:
            raise _WrongError(f"{kind} has an unknown field {_shorten(name)}")
    return format_1.upgrade(kind, fields)


def _with_reason(fields: dict[str, Any], version: int) -> dict[str, Any]:
    """The fields of a DNS answer with its sentence replaced by a reason; for format 1 and for the first
    recordings of format 2."""
    answer = fields.get("answer")
    if not isinstance(answer, dict):
        return fields
    if "why" in answer and ("detail" in answer or version == ev.OLD_VERSION):
        raise _WrongError('dns.answer has an unknown field "why"')
    if "detail" not in answer:
        return fields
    from probe.recording import format_1_answers  # only for such an answer

    _SCALARS[str].parse(answer["detail"], "dns.answer.detail")
    return fields | {"answer": format_1_answers.upgrade(answer)}


def _check_sentence(version: int, value: Any, place: str) -> None:
    """Format 1 has a sentence there, and nothing else."""
    if version == ev.OLD_VERSION:
        _SCALARS[str].parse(value, f"local_mta.{place}")


def _shorten(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:40] + "…"


@cache
def _shape(hint: Any) -> _Shape:
    """The shape of a type hint: scalars, addresses, enums, tuples, dataclasses and unions of them."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin = get_origin(hint)
    if origin is tuple:
        return _tuple(_shape(get_args(hint)[0]))
    if origin in (Union, types.UnionType):
        return _union(get_args(hint))
    if origin is Reason:
        return _reason(get_args(hint)[0])
    if hint in (AnswerWhy, MtaWhy, ToolWhy):
        return _limit(_sparse(hint, _field_shapes(hint)), AnswerWhy, why_no_fault)
    if is_dataclass(hint) and isinstance(hint, type):
        shape = _dataclass(hint)
        return _limit(shape, NotPublic, why_not_an_address_kind) if hint is NotPublic else shape
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _enum(hint)
    raise TypeError(f"no shape for {hint!r}")


def _scalar(kind: type) -> _Shape:
    def parse(value: Any, place: str) -> Any:
        # bool is a subclass of int, and "true" is no number
        if type(value) is not kind:
            raise _WrongError(f"{place} must be {_WORDS[kind]}, not {_shorten(value)}")
        return value

    return _Shape(lambda value: value, parse)


def _read_float(value: Any, place: str) -> float:
    if type(value) not in (int, float) or (type(value) is float and not math.isfinite(value)):
        raise _WrongError(f"{place} must be a number, not {_shorten(value)}")
    try:
        return float(value)
    except OverflowError:
        raise _WrongError(f"{place} is too large a number") from None


def _read_ip(value: Any, place: str) -> IPv4Address | IPv6Address:
    if isinstance(value, str) and "%" not in value:  # an interface has no meaning on another machine
        for family in (IPv4Address, IPv6Address):
            try:
                return family(value)
            except ValueError:
                continue
    raise _WrongError(f"{place} must be an IP address, not {_shorten(value)}")


def _read_latin1(value: Any, place: str) -> bytes:
    if isinstance(value, str):
        try:
            return value.encode("latin-1")
        except UnicodeEncodeError:
            pass
    raise _WrongError(f"{place} must be a string of octets (U+0000 to U+00FF)")


def _read_base64(value: Any, place: str) -> bytes:
    if isinstance(value, str):
        try:
            return binascii.a2b_base64(value, strict_mode=True)
        except ValueError:  # of which binascii.Error is one
            pass
    raise _WrongError(f"{place} must be base64")


_WORDS = {int: "a whole number", str: "a string", bool: "true or false", type(None): "null"}
_ADDRESS = _Shape(str, _read_ip)
_SCALARS: dict[Any, _Shape] = {
    int: _scalar(int),
    str: _scalar(str),
    bool: _scalar(bool),
    float: _Shape(lambda value: value, _read_float),
    bytes: _Shape(lambda value: value.decode("latin-1"), _read_latin1),
    IPv4Address: _ADDRESS,
    IPv6Address: _ADDRESS,
}
_BASE64_SHAPE = _Shape(lambda value: base64.b64encode(value).decode("ascii"), _read_base64)


def _limit(shape: _Shape, kind: type, why_not: Callable[[Any], str | None]) -> _Shape:
    """Check the limits of a value, or of each value of a list."""

    def parse(value: Any, place: str) -> Any:
        result = shape.parse(value, place)
        for item in result if isinstance(result, tuple) else (result,):
            wrong = why_not(item) if isinstance(item, kind) else None
            if wrong is not None:
                raise _WrongError(f"{place} {wrong}")
        return result

    return _Shape(shape.write, parse)


def _enum(hint: type[StrEnum]) -> _Shape:
    def parse(value: Any, place: str) -> StrEnum:
        if isinstance(value, str) and value in hint.__members__.values():
            return hint(value)
        raise _WrongError(f"{place} must be one of {', '.join(hint)}, not {_shorten(value)}")

    return _Shape(str, parse)


def _tuple(item: _Shape) -> _Shape:
    def parse(value: Any, place: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _WrongError(f"{place} must be a list, not {_shorten(value)}")
        return tuple(item.parse(entry, f"{place}[{index}]") for index, entry in enumerate(value))

    return _Shape(lambda value: [item.write(entry) for entry in value], parse)


def _dataclass(hint: type) -> _Shape:
    shapes = _field_shapes(hint)
    names = _names_of(hint)

    def write(value: Any) -> dict[str, Any]:
        return {key: shape.write(getattr(value, names[key])) for key, shape in shapes.items()}

    return _Shape(write, _dataclass_reader(hint, shapes))


def _names_of(hint: type) -> dict[str, str]:
    """Key in a recording to name of the field."""
    names = (field.name for field in fields(hint))
    return {_KEYS.get((hint.__name__, name), name): name for name in names}


def _dataclass_reader(hint: type, shapes: Mapping[str, _Shape]) -> Callable[[Any, str], Any]:
    names = _names_of(hint)
    required_fields = {
        _KEYS.get((hint.__name__, field.name), field.name)
        for field in fields(hint)
        if field.default is MISSING and field.default_factory is MISSING
    }

    def parse(value: Any, place: str) -> Any:
        if not isinstance(value, dict):
            raise _WrongError(f"{place} must be an object, not {_shorten(value)}")
        for name in value:
            if name not in shapes:
                raise _WrongError(f"{place} has an unknown field {_shorten(name)}")
        for name in sorted(required_fields - value.keys()):
            raise _WrongError(f"{place} lacks the field {name}")
        fields = {names[key]: shapes[key].parse(entry, f"{place}.{key}") for key, entry in value.items()}
        try:
            return hint(**fields)
        except ValueError as error:  # of Options and Families, whose fields have limits of their own
            raise _WrongError(str(error)) from None

    return parse


def _field_shapes(hint: type) -> dict[str, _Shape]:
    hints = field_types(hint)
    shapes: dict[str, _Shape] = {}
    for key, name in _names_of(hint).items():
        if isinstance(hints[name], TypeVar) or (hint.__name__, name) in DERIVED:
            continue  # a derived field, or one whose type the user of the class sets
        if (hint.__name__, name) in _BASE64:
            is_list = get_origin(hints[name]) is tuple
            shapes[key] = _tuple(_BASE64_SHAPE) if is_list else _BASE64_SHAPE
        else:
            shapes[key] = _shape(hints[name])
        if name in RANGES:
            shapes[key] = _limit(shapes[key], int, partial(why_not_whole, name))
        if (hint.__name__, name) in NAMED:
            shapes[key] = _limit(shapes[key], str, why_no_name)
    return shapes


def _reason(vocabulary: type[StrEnum]) -> _Shape:
    """A reason whose tag is of this vocabulary."""
    shapes = {"tag": _enum(vocabulary), **_field_shapes(Reason)}
    return _limit(_sparse(Reason, shapes), Reason, why_no_reason)


def _sparse(hint: type, shapes: Mapping[str, _Shape]) -> _Shape:
    """A dataclass whose unset values are not written."""
    unset = {field.name: field.default for field in fields(hint)}

    def write(value: Any) -> dict[str, Any]:
        values = ((name, getattr(value, name)) for name in shapes)
        return {name: shapes[name].write(entry) for name, entry in values if entry != unset[name]}

    return _Shape(write, _dataclass_reader(hint, shapes))


def _union(members: tuple[Any, ...]) -> _Shape:
    """A union: null is null, IPv4 and IPv6 count as one type; if several types remain, the type is
    written."""
    optional = type(None) in members
    kinds: dict[str, tuple[tuple[Any, ...], _Shape]] = {}
    for member in members:
        if member is type(None):
            continue
        kind = "address" if member in (IPv4Address, IPv6Address) else _snake_case(member.__name__)
        earlier, _ = kinds.get(kind, ((), None))
        kinds[kind] = ((*earlier, member), _shape(member))
    inner = _tag_shape(kinds) if len(kinds) > 1 else next(iter(kinds.values()))[1]
    if not optional:
        return inner
    return _Shape(
        lambda value: None if value is None else inner.write(value),
        lambda value, place: None if value is None else inner.parse(value, place),
    )


def _tag_shape(kinds: dict[str, tuple[tuple[Any, ...], _Shape]]) -> _Shape:
    def write(value: Any) -> dict[str, Any]:
        for kind, (members, shape) in kinds.items():
            if isinstance(value, members):
                value_json = shape.write(value)
                is_object = isinstance(value_json, dict)
                return {"kind": kind} | value_json if is_object else {"kind": kind, "value": value_json}
        raise TypeError(f"{value!r} fits none of {', '.join(kinds)}")

    def parse(value: Any, place: str) -> Any:
        fields = dict(value) if isinstance(value, dict) else {}
        kind = fields.pop("kind", None)
        if not isinstance(kind, str) or kind not in kinds:
            raise _WrongError(f"{place} must be an object whose kind is one of {', '.join(kinds)}")
        members, shape = kinds[kind]
        if is_dataclass(members[0]):
            return shape.parse(fields, place)
        if set(fields) != {"value"}:
            raise _WrongError(f"{place} must have the fields kind and value")
        return shape.parse(fields["value"], place)

    return _Shape(write, parse)


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() if name != "str" else "name"
