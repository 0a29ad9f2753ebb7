"""A cache for parts of the facts while the recording grows, each with its inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from probe._dataclass import dataclass
from probe.model.fault import Fault, collect_faults, note
from probe.standards.dns.message import Answer, Question

T = TypeVar("T")
Lookup = Callable[[Question], Answer]


@dataclass(frozen=True, slots=True)
class _Entry:
    value: Any
    inputs: tuple[object, ...]
    answers: dict[Question, Answer]
    faults: tuple[Fault, ...]

    def holds(self, inputs: tuple[object, ...], look_up: Lookup) -> bool:
        return self.inputs == inputs and all(
            look_up(question) == answer for question, answer in self.answers.items()
        )


class Memo:
    """The value of each part. It is valid as long as its inputs are equal, and every DNS answer that it
    looked up, including missing ones, is unchanged."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def part(self, name: str, inputs: tuple[object, ...], look_up: Lookup, read: Callable[[Lookup], T]) -> T:
        """The result of `read`, which may depend only on `inputs` and on the answers that it looks up. Faults
        of a cached part are noted again."""
        entry = self._entries.get(name)
        if entry is None or not entry.holds(inputs, look_up):
            entry = self._entries[name] = _read(inputs, look_up, read)
        for fault in entry.faults:
            note(fault)
        return cast(T, entry.value)


def _read(inputs: tuple[object, ...], look_up: Lookup, read: Callable[[Lookup], Any]) -> _Entry:
    answers: dict[Question, Answer] = {}

    def remember(question: Question) -> Answer:
        return answers.setdefault(question, look_up(question))

    with collect_faults() as faults:
        value = read(remember)
    return _Entry(value, inputs, answers, tuple(faults))
