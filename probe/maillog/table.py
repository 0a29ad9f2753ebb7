"""The rows of the table: failures that are one matter, their reasons, and when they were seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo

from probe.maillog.groups import SOURCES, TEMPLATES, Group, Key, Wording
from probe.maillog.operators import OTHERS, Operator, Operators
from probe.maillog.reasons import Reason, Reasons
from probe.maillog.volumes import OPERATORS
from probe.reading.log.event import Event, Stamp, Words

GROUPS = 2_000  # beyond these, one group a cause


class Table:
    """The groups by who acts, operator and cause; the time of the log that was read.

    `zone` is that of stamps without one. `sender_of` finds whom a message is of, where events do not say it.
    `mark`: what happened after this second is counted as fresh, too."""

    def __init__(
        self, zone: tzinfo | None, sender_of: Callable[[str], str | None] | None, mark: int | None
    ) -> None:
        self._zone = zone
        self.sender_of = sender_of
        self._mark = mark
        self.operators = Operators()
        self.reasons = Reasons()
        self.groups: dict[Key, Group] = {}
        self.sources: dict[str, int] = {}  # our own addresses, and when each was first seen
        self.first = self.last = 0
        self._stamp: Stamp | None = None
        self._at: int | None = None

    def seconds(self, stamp: Stamp | None) -> int | None:
        """Seconds since 1970; None where the log does not tell, or nobody can have been there."""
        if stamp is None:
            return None
        at = stamp.at if stamp.at.tzinfo is not None else stamp.at.replace(tzinfo=self._zone)
        try:
            return int(at.timestamp())
        except (OverflowError, ValueError, OSError):  # the year 1 or 9999, in a zone beyond it
            return None

    def _time(self, stamp: Stamp | None) -> int | None:
        if stamp is None:
            return None
        if stamp is not self._stamp:
            self._stamp = stamp
            self._at = self.seconds(stamp)
            if self._at is None:
                return None
            if not self.first or self._at < self.first:
                self.first = self._at
            self.last = max(self.last, self._at)
        return self._at

    def _group(
        self, event: Event, operator: Operator, words: Words | None = None
    ) -> tuple[Group, str, Reason]:
        reason = self.reasons.of(event, operator, words)
        where = (reason.fix_by, operator.id, reason.conclusion.cause.id)
        group = self.groups.get(where)
        if group is None:
            if len(self.groups) >= GROUPS:
                operator, where = OTHERS, (where[0], OTHERS.id, where[2])
                group = self.groups.get(where)
            if group is None:
                group = self.groups[where] = Group(reason, operator)
        if reason.key not in group.wordings and len(group.wordings) < TEMPLATES:
            sender = event.sender
            if sender is None and event.queue_id is not None and self.sender_of is not None:
                sender = self.sender_of(event.queue_id)
            group.wordings[reason.key] = Wording(reason, event, sender)
        return group, reason.key, reason

    def _note_event(self, group: Group, event: Event, at: int | None) -> None:
        group.note_time(at)
        if at is not None:
            group.bins.add(at)
            if self._mark is not None and at > self._mark:
                group.fresh += 1
        if event.source_ip is not None:
            self._source(event.source_ip, at)
            if len(group.sources) < SOURCES:
                group.sources.add(event.source_ip)

    def _source(self, ip: str, at: int | None) -> None:
        if ip not in self.sources and len(self.sources) < OPERATORS:
            self.sources[ip] = at or 0
