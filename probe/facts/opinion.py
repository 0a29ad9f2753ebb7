"""The second opinions on records, or the DNS failure that prevented one."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.model.answer_fault import AnswerWhy
from probe.model.observed import OpinionFault
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dns.message import Question, RecordType


@dataclass(frozen=True, slots=True)
class Opinion:
    """The opinion on one record; `failure` is what DNS gave instead of an answer, if that prevented it."""

    event: ev.OpinionGiven
    failure: AnswerWhy | None = None


def opinions_of(recording: Recording) -> tuple[Opinion, ...]:
    """All of the run, in order."""
    return tuple(Opinion(event, _failure(recording, event)) for event in recording.all(ev.OpinionGiven))


def _failure(recording: Recording, event: ev.OpinionGiven) -> AnswerWhy | None:
    fault = event.fault
    if fault is None or fault.tag is not OpinionFault.NO_ANSWER or fault.rtype not in RecordType.__members__:
        return None
    return recording.answer(Question(fault.host, RecordType(fault.rtype))).believed().failure
