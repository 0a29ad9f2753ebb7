"""A recording in memory: the events of one run in order, with the look-ups that readers need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from probe.model.answer_fault import AnswerFault, AnswerWhy
from probe.recording import events as ev
from probe.standards.dns.message import Answer, Question, Status

E = TypeVar("E", bound=ev.Event)


class Recording:
    """Events in the order in which they were observed. Append-only; the first is `Started`."""

    def __init__(self, started: ev.Started) -> None:
        self.started = started
        self._events: list[ev.Event] = [started]
        self._answers: dict[Question, Answer] = {}
        self._sessions: dict[int, list[ev.SessionEvent]] = {}

    @classmethod
    def of(cls, all_events: Iterable[ev.Event]) -> Recording:
        """Build from events; the first must be `Started` (ValueError otherwise)."""
        stream = iter(all_events)
        first = next(stream, None)
        if not isinstance(first, ev.Started):
            raise ValueError("a recording begins with its `started` event")
        recording = cls(first)
        for event in stream:
            recording.append(event)
        return recording

    def append(self, event: ev.Event) -> None:
        """Add what was observed."""
        self._events.append(event)
        if isinstance(event, ev.DnsAnswered):
            self._answers.setdefault(event.answer.question, event.answer)
        elif isinstance(event, ev.SessionEvent):
            self._sessions.setdefault(event.session, []).append(event)

    def __iter__(self) -> Iterator[ev.Event]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)

    def all(self, kind: type[E]) -> tuple[E, ...]:
        """Every event of one kind, in order."""
        return tuple(event for event in self._events if isinstance(event, kind))

    def last(self, kind: type[E]) -> E | None:
        """The latest event of one kind."""
        return next((e for e in reversed(self._events) if isinstance(e, kind)), None)

    def session_numbers(self) -> tuple[int, ...]:
        """The sessions of the run, in order."""
        return tuple(event.session for event in self.all(ev.SessionOpened))

    def session(self, number: int) -> tuple[ev.SessionEvent, ...]:
        """The events of one session, in order."""
        return tuple(self._sessions.get(number, ()))

    def answer(self, question: Question) -> Answer:
        """The DNS answer to a question; status NOT_ASKED if the run did not ask it."""
        latest = self._answers.get(question)
        return latest or Answer(question, Status.NOT_ASKED, why=AnswerWhy(AnswerFault.NOT_IN_RUN))

    @property
    def elapsed_ms(self) -> int:
        """How long the run took, as far as it is recorded."""
        return max((getattr(event, "at_ms", 0) for event in self._events), default=0)
