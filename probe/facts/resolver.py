"""Answers that are worth a word for how they were told."""

from __future__ import annotations

from probe.model.dialable import nat64_inner
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dns.message import Answer
from probe.standards.dns.told import STALE


def notable_answers(recording: Recording) -> tuple[Answer, ...]:
    """Those that are a name server's own word, had expired, or hold an address that DNS64 made; as they
    were given, each question once."""
    answers = {event.answer.question: event.answer for event in reversed(recording.all(ev.DnsAnswered))}
    return tuple(answer for answer in reversed(answers.values()) if _is_notable(answer))


def _is_notable(answer: Answer) -> bool:
    if answer.told is not None and (answer.doubt or answer.told.error(STALE) is not None):
        return True
    return any(nat64_inner(ip) is not None for ip in answer.addresses())
