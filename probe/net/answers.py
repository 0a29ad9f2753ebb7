"""A DNS cache for the runs of one world."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from probe._dataclass import dataclass, replace
from probe.model.target import Endpoint
from probe.settings import SHARED_ANSWERS, SHARED_ANSWERS_FOR
from probe.standards.dns.message import Answer, Question, Status

Servers = tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    answer: Answer
    since: float
    until: float


class Answers:
    """Answers of name servers until they expire: records for their TTL, denials for the time of their SOA
    record (RFC 2308 section 5), both at most SHARED_ANSWERS_FOR. A failure is never cached, because the next
    query may succeed; nor is an answer that a server made itself, or has of its own machine. Runs with
    different name servers share nothing. `seconds` is a monotonic clock."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._entries: OrderedDict[tuple[Servers, Question], _Entry] = OrderedDict()

    def keep(self, servers: Servers, answer: Answer) -> None:
        """Cache an answer that `servers` gave now."""
        lifetime = min(seconds_kept(answer), SHARED_ANSWERS_FOR)
        if lifetime <= 0:
            return
        now = self._seconds()
        with self._lock:
            self._entries[servers, answer.question] = _Entry(answer, now, now + lifetime)
            self._entries.move_to_end((servers, answer.question))
            while len(self._entries) > SHARED_ANSWERS:
                self._entries.popitem(last=False)

    def recall(self, servers: Servers, question: Question) -> Answer | None:
        """The cached answer with its remaining TTL; None if there is none."""
        now = self._seconds()
        with self._lock:
            entry = self._entries.get((servers, question))
            if entry is None:
                return None
            if entry.until <= now:
                del self._entries[servers, question]
                return None
        return with_age(entry.answer, int(now - entry.since))


def seconds_kept(answer: Answer) -> float:
    """The seconds for which an answer may be cached."""
    if answer.is_own_word or answer.is_local:
        return 0.0
    if answer.status is Status.ANSWER:
        return answer.ttl or 0.0
    soa = answer.provenance.soa if answer.provenance is not None else None
    return min(soa.ttl, soa.minimum) if answer.is_negative and soa is not None else 0.0


def with_age(answer: Answer, seconds: int) -> Answer:
    """The answer with its TTL reduced by that many seconds."""
    ttl = None if answer.ttl is None else answer.ttl - seconds
    provenance = answer.provenance
    if provenance is not None and provenance.soa is not None:
        provenance = replace(provenance, soa=replace(provenance.soa, ttl=provenance.soa.ttl - seconds))
    return replace(answer, ttl=ttl, provenance=provenance, elapsed_ms=0)
