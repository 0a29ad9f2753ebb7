"""Parts of the facts that are kept while the recording grows, with what they were read from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from probe.model.fault import Fault, collect_faults, note
from probe.recording.journal import Recording
from probe.standards.dns.message import Answer, Question

T = TypeVar("T")
Lookup = Callable[[Question], Answer]


@dataclass(frozen=True, slots=True)
class _Entry:
    value: Any
    inputs: tuple[object, ...]
    answers: dict[Question, Answer]
    faults: tuple[Fault, ...]

    def holds(self, inputs: tuple[object, ...], recording: Recording) -> bool:
        return self.inputs == inputs and all(
            recording.answer(question) == answer for question, answer in self.answers.items()
        )


class Memo:
    """What each part came to, as long as a reading of the recording would come to the same: its inputs are
    equal, and so is every answer of DNS that it looked up, those that were not yet there included."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def part(
        self, name: str, inputs: tuple[object, ...], recording: Recording, read: Callable[[Lookup], T]
    ) -> T:
        """What `read` gives, which depends on nothing but `inputs` and on what it looks up. The faults of a
        part that is kept are noted again."""
        entry = self._entries.get(name)
        if entry is None or not entry.holds(inputs, recording):
            entry = self._entries[name] = _read(inputs, recording, read)
        for fault in entry.faults:
            note(fault)
        return cast(T, entry.value)


def _read(inputs: tuple[object, ...], recording: Recording, read: Callable[[Lookup], Any]) -> _Entry:
    answers: dict[Question, Answer] = {}

    def look_up(question: Question) -> Answer:
        return answers.setdefault(question, recording.answer(question))

    with collect_faults() as faults:
        value = read(look_up)
    return _Entry(value, inputs, answers, tuple(faults))
