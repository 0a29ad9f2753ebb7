"""Checks the conditions of a rule, beside its words, on a reply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from probe._named_tuple import NamedTuple
from probe.reading.reply.mask import MaskedText
from probe.reading.reply.records import Aspect, MatchRule
from probe.reading.reply.speaker import Speaker, fits


class Status(NamedTuple):
    """An enhanced status as it was `written`, and as it is `read`: with the class of the reply's code; empty
    if it says nothing."""

    written: str
    read: str


class Subject(NamedTuple):
    """The data of one reply for the conditions.

    `code` and `stage` are empty where they are not known; `statuses` are enhanced statuses, the most telling
    first; `hosts` who answered, and the names in the text; `is_quoted`: another server passed it on.
    """

    masked_text: MaskedText
    code: str = ""
    statuses: tuple[Status, ...] = ()
    stage: str = ""
    hosts: tuple[str, ...] = ()
    speaker: Speaker | None = None
    is_quoted: bool = False
    is_wordless: bool = True
    is_unread: bool = False

    @property
    def is_contradictory(self) -> bool:
        """Whether code and status of the reply are of different classes."""
        return any(status.written != status.read for status in self.statuses)


def holds(rule: MatchRule, subject: Subject) -> bool:
    """Whether all conditions of a rule hold."""
    if rule.software is not None and not fits(rule.software, subject.speaker):
        return False
    for aspect, values in rule.conditions:  # noqa: SIM110  a generator takes twice as long
        if not _HOLDS[aspect](values, subject):
            return False
    return True


def contradiction(rule: MatchRule, subject: Subject) -> str:
    """The status by which a rule holds, as it was written, if the reply's code contradicts its class; else
    empty."""
    values = next((it.values for it in rule.conditions if it.aspect is Aspect.ENHANCED), ())
    statuses = [status for status in subject.statuses if _is_wanted(status, values)]
    contradictions = [status.written for status in statuses if status.written != status.read]
    return contradictions[0] if len(contradictions) == len(statuses) > 0 else ""


def _code(values: Sequence[str], subject: Subject) -> bool:
    return bool(subject.code) and subject.code.startswith(tuple(values))


def _enhanced(values: Sequence[str], subject: Subject) -> bool:
    return any(_is_wanted(status, values) for status in subject.statuses)


def _is_wanted(status: Status, values: Sequence[str]) -> bool:
    return status.read in values or f"x{status.read[1:]}" in values


def _pair(values: Sequence[str], subject: Subject) -> bool:
    """`550 5.1.1`: both, as they were written; `550 -`: that code without any enhanced status."""
    written = [status.written for status in subject.statuses]
    return any(f"{subject.code} {status}" in values for status in written or ("-",))


def _stage(values: Sequence[str], subject: Subject) -> bool:
    return subject.stage in values


def _host(values: Sequence[str], subject: Subject) -> bool:
    return any(name == suffix or name.endswith("." + suffix) for name in subject.hosts for suffix in values)


def _unless(phrases: Sequence[str], subject: Subject) -> bool:
    text, plain = subject.masked_text.text, subject.masked_text.plain
    return not any(phrase in text or phrase in plain for phrase in phrases)


def _coded(values: bool, subject: Subject) -> bool:
    """A reply of a server has a code (RFC 5321 section 4.2); words without one are the sending server's,
    unless another server quotes them."""
    return (bool(subject.code) or subject.is_quoted) is values


def _wordless(values: bool, subject: Subject) -> bool:
    return subject.is_wordless is values


def _unread(values: bool, subject: Subject) -> bool:
    return subject.is_unread is values


_HOLDS: dict[Aspect, Callable[[Any, Subject], bool]] = {
    Aspect.CODES: _code,
    Aspect.ENHANCED: _enhanced,
    Aspect.PAIRS: _pair,
    Aspect.STAGES: _stage,
    Aspect.HOSTS: _host,
    Aspect.UNLESS: _unless,
    Aspect.CODED: _coded,
    Aspect.WORDLESS: _wordless,
    Aspect.UNREAD: _unread,
}
