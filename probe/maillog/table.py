"""The rows of the table: failures that are one matter, their reasons, and when they were seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

from probe.maillog.groups import SOURCES, TEMPLATES, Group, Key, Wording
from probe.maillog.operators import OTHERS, Operator, Operators
from probe.maillog.reasons import Reason, Reasons
from probe.maillog.volumes import OPERATORS
from probe.reading.log.event import Event, Stamp, Words

_EPOCH = datetime(1970, 1, 1)
_DAY, _QUARTER = 86_400, 900  # seconds
OFFSETS = 10_000  # that are remembered
_MOST_PAIRS = 20_000  # pairs of reason and operator whose group is remembered
GROUPS = 2_000  # beyond this, one group per cause


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
        self._group_of: dict[tuple[int, str], Group] = {}
        self.sources: dict[str, int] = {}  # our own addresses, and when each was first seen
        self.first = self.last = 0
        self._offsets: dict[int, int] = {}  # of the zone, by quarters of an hour, at which they change
        self._stamp: Stamp | None = None
        self._at: int | None = None

    def seconds(self, stamp: Stamp | None) -> int | None:
        """Seconds since 1970; None if the time is not known, or impossible."""
        if stamp is None:
            return None
        at = stamp.at
        try:
            if at.tzinfo is not None:
                return int(at.timestamp())
            span = at - _EPOCH
            seconds = span.days * _DAY + span.seconds
            part = seconds // _QUARTER
            if part not in self._offsets:
                if len(self._offsets) >= OFFSETS:
                    self._offsets.clear()
                self._offsets[part] = seconds - int(at.replace(tzinfo=self._zone).timestamp())
            return seconds - self._offsets[part]
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
        return self._group_with(self.reasons.of(event, operator, words), event, operator)

    def _group_with(self, reason: Reason, event: Event, operator: Operator) -> tuple[Group, str, Reason]:
        group = self._group_of.get((id(reason), operator.id))  # a reason lives as long as this table
        if group is not None and reason.key in group.wordings:
            return group, reason.key, reason
        where = (reason.fix_by, operator.id, reason.conclusion.cause.id)
        whose = operator.id
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
        if len(self._group_of) >= _MOST_PAIRS:
            self._group_of.clear()
        self._group_of[(id(reason), whose)] = group
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
        if ip not in self.sources:
            if len(self.sources) < OPERATORS:
                self.sources[ip] = at or 0
        elif at is not None and at < self.sources[ip]:
            self.sources[ip] = at
