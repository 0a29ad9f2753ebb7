"""Makes clauses of reasons: the one place where a reason in a recording or fact is put into words.

The words themselves stand in probe/knowledge/findings/reasons.toml, one table for each vocabulary, named
after its class: `end_cause` for `EndCause`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import cache
from typing import TypeGuard

from probe._dataclass import dataclass, fields, is_dataclass
from probe._enum import StrEnum
from probe.knowledge.finding_tags import shared_words
from probe.model.address_reason import AddressWhy
from probe.model.dialable import NotPublic
from probe.model.exhaustion import Shortage
from probe.model.fault import Fault
from probe.model.finding import Arg
from probe.model.reason import Tagged
from probe.wording.sentence import sentence


@dataclass(frozen=True, slots=True)
class Clause:
    """A reason that is in words already; `tag` is the reason's."""

    tag: StrEnum
    text: str


def clause(reason: Tagged | NotPublic, **more: object) -> Clause:
    """A reason in words, with its tag. `more` as in `spoken`."""
    return Clause(reason.kind if isinstance(reason, NotPublic) else reason.tag, spoken(reason, **more))


def spoken(reason: Tagged | NotPublic | None, **more: object) -> str:
    """The clause; "" for none. `more` are values that its template names beside those of the reason."""
    if reason is None:
        return ""
    if isinstance(reason, Clause):
        return reason.text
    tag = reason.kind if isinstance(reason, NotPublic) else reason.tag
    return words_of(tag, **{field.name: getattr(reason, field.name) for field in fields(reason)} | more)


def clauses(reasons: Iterable[Tagged]) -> tuple[str, ...]:
    """The clause of each."""
    return tuple(spoken(reason) for reason in reasons)


def is_tagged(value: object) -> TypeGuard[Tagged]:
    """Whether a value is a reason."""
    return is_dataclass(value) and isinstance(getattr(value, "tag", None), StrEnum)


def words_of(word: StrEnum, **values: object) -> str:
    """What the table of its vocabulary has for a word, with the values that stand there."""
    template = shared_words()[table_of(type(word))][word.value]
    return sentence(template, {name: _value(value) for name, value in values.items()})


def part_of_program(fault: Fault) -> str:
    """The part of this program that raised an exception, in words."""
    return words_of(fault.part, of=fault.of)


@cache
def table_of(vocabulary: type[StrEnum]) -> str:
    """The table of reasons.toml that holds the words of a vocabulary."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", vocabulary.__name__).lower()


def _value(value: object) -> Arg:
    if isinstance(value, Shortage | AddressWhy):
        return value.words
    if isinstance(value, NotPublic) or is_tagged(value):
        return spoken(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return tuple(_one(item) for item in value)
    return _one(value)


def _one(value: object) -> str | int | float:
    if is_tagged(value):
        return spoken(value)
    if isinstance(value, str | int | float):
        return value
    return "" if value is None else str(value)
