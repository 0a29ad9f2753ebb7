"""Parts of the facts that are kept while the recording grows, with what they were read from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from probe.model.fault import Fault, note, watched
from probe.recording.journal import Recording
from probe.standards.dns.message import Answer, Question

T = TypeVar("T")
Lookup = Callable[[Question], Answer]


@dataclass(frozen=True, slots=True)
class _Kept:
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
        self._kept: dict[str, _Kept] = {}

    def part(
        self, name: str, inputs: tuple[object, ...], recording: Recording, read: Callable[[Lookup], T]
    ) -> T:
        """What `read` gives, which depends on nothing but `inputs` and on what it looks up. The faults of a
        part that is kept are noted again."""
        kept = self._kept.get(name)
        if kept is None or not kept.holds(inputs, recording):
            kept = self._kept[name] = _read(inputs, recording, read)
        for fault in kept.faults:
            note(fault)
        return cast(T, kept.value)


def _read(inputs: tuple[object, ...], recording: Recording, read: Callable[[Lookup], Any]) -> _Kept:
    answers: dict[Question, Answer] = {}

    def look_up(question: Question) -> Answer:
        return answers.setdefault(question, recording.answer(question))

    with watched() as faults:
        value = read(look_up)
    return _Kept(value, inputs, answers, tuple(faults))
