"""This machine's clock, compared with the dates that servers give: in their greetings, and over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from probe._dataclass import dataclass, replace
from probe._regex import regex
from probe.facts.session import Session, TlsFacts
from probe.model.observed import CertificateFault, FetchFault
from probe.model.reason import Reason
from probe.model.reply import Stage
from probe.model.trust import Trust
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.tls.certificate import holds_at

LEAST_OFF_S = 600  # a smaller difference does not matter for certificates, signatures and queues
# RFC 5322 section 3.3, as Exim, sendmail and Exchange greet
_DATE = regex(
    r"\b(?:mon|tue|wed|thu|fri|sat|sun), \d{1,2} [a-z]{3} \d{4} \d\d:\d\d:\d\d (?:[+-]\d{4}|gmt|utc)\b",
    re.IGNORECASE,
)
_OF_DATES = (CertificateFault.EXPIRED, CertificateFault.NOT_YET_VALID)


@dataclass(frozen=True, slots=True)
class ClockReading:
    """What a server's clock showed: `ahead_s` seconds more than this machine's; `by` its name."""

    by: str
    ahead_s: int
    ref: str


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """`readings` are those of all servers that gave a date, each server once."""

    readings: tuple[ClockReading, ...] = ()

    @property
    def behind_s(self) -> int:
        """How far this machine's clock is behind those of the servers, by the middle one; 0 where none gave a
        date."""
        differences = sorted(it.ahead_s for it in self.readings)
        return differences[(len(differences) - 1) // 2] if differences else 0

    @property
    def is_off(self) -> bool:
        """Whether it differs by more than ten minutes from all servers that gave a date; if one server agrees
        with it, the others' clocks are wrong."""
        return bool(self.readings) and all(abs(it.ahead_s) > LEAST_OFF_S for it in self.readings)

    @property
    def is_borne_out(self) -> bool:
        """Whether two servers agree on the difference, within ten minutes."""
        near = [it for it in self.readings if abs(it.ahead_s - self.behind_s) <= LEAST_OFF_S]
        return self.is_off and len(near) > 1


NOT_COMPARED = ClockFacts()


def clock_of(recording: Recording, sessions: tuple[Session, ...]) -> ClockFacts:
    """Compared with the time at which the run began and the milliseconds since."""
    began = datetime.fromisoformat(recording.started.started_at)
    opening_times = {event.session: event.at_ms for event in recording.all(ev.SessionOpened)}
    readings = [*_of_greetings(sessions, opening_times, began), *_of_policies(recording, began)]
    return first_of_each(readings)


def first_of_each(readings: Iterable[ClockReading]) -> ClockFacts:
    """Each server by its first reading."""
    first: dict[str, ClockReading] = {}
    for reading in readings:
        first.setdefault(reading.by, reading)
    return ClockFacts(tuple(first.values()))


def _of_greetings(
    sessions: tuple[Session, ...], opening_times: dict[int, int], began: datetime
) -> Iterator[ClockReading]:
    for session in sessions:
        greeting = session.exchange(Stage.GREETING)
        text = greeting.reply.text if greeting is not None and greeting.reply is not None else ""
        date = date_in(text)
        if greeting is not None and date:
            at = began + timedelta(milliseconds=opening_times.get(session.number, 0) + greeting.elapsed_ms)
            yield from reading_of(session.mx_host, date, at, greeting.ref)


def _of_policies(recording: Recording, began: datetime) -> Iterator[ClockReading]:
    for event in recording.all(ev.HttpsFetched):
        host = event.url.removeprefix("https://").partition("/")[0]
        at = began + timedelta(milliseconds=event.at_ms)
        yield from reading_of(host, event.date, at, f"https:{event.url}")


def date_in(greeting: str) -> str:
    """The date in the text of a greeting; empty where there is none."""
    match = _DATE.search(greeting[:1000])
    return match[0] if match is not None else ""


def reading_of(by: str, text: str, at: datetime, ref: str) -> Iterator[ClockReading]:
    """What a server's clock showed `at` that time of this machine's; nothing where its date cannot be
    read."""
    if not text:
        return
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(text)
        if date.tzinfo is not None:
            yield ClockReading(by.lower().rstrip("."), round((date - at).total_seconds()), ref)
    except (TypeError, ValueError, OverflowError):
        return


def without_dates(sessions: tuple[Session, ...], clock: ClockFacts, began: datetime) -> tuple[Session, ...]:
    """The sessions as judged with a wrong clock: a certificate fault that depends on the clock is not
    known."""
    if not clock.is_off:
        return sessions
    at = began + timedelta(seconds=clock.behind_s)
    return tuple(replace(it, tls=_without_dates(it.tls, at)) if it.tls is not None else it for it in sessions)


def _without_dates(tls: TlsFacts, at: datetime) -> TlsFacts:
    certificate = tls.certificate
    has_fault = any(it.tag in _OF_DATES for it in tls.problems)
    if certificate is None or not has_fault or not holds_at(certificate, at):
        return tls
    problems = tuple(it for it in tls.problems if it.tag not in _OF_DATES)
    return replace(tls, problems=problems, trusted=None, trust=Reason(Trust.CLOCK_OFF))


def by_right_clock(fetches: tuple[ev.HttpsFetched, ...], clock: ClockFacts) -> tuple[ev.HttpsFetched, ...]:
    """The fetches as judged with a wrong clock: a refused certificate proves nothing."""
    if not clock.is_off:
        return fetches
    return tuple(_by_right_clock(it) for it in fetches)


def _by_right_clock(fetch: ev.HttpsFetched) -> ev.HttpsFetched:
    if fetch.fault is None or not fetch.fault.tag.is_of_certificate:
        return fetch
    return replace(fetch, fault=Reason(FetchFault.CLOCK_OFF, text=fetch.fault.text))
