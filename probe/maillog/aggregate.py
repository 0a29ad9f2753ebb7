"""From events to groups of failures, in one pass and bounded memory.

What is counted are recipients of messages, not attempts: a recipient that waits moves with its last
reason, and leaves when it is delivered, refused or given up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from probe.maillog.bins import Bins
from probe.maillog.groups import SOURCES, TEMPLATES, Fate, Group, Key, Waiting, Wording
from probe.maillog.operators import LOCAL, OTHERS, Operator, Operators, is_on_this_machine
from probe.maillog.reasons import Reason, Reasons
from probe.maillog.template import template
from probe.maillog.waiting import WAITING, WaitingList
from probe.reading.log.event import Event, Kind, Stamp, Status, Unparsed, Words

GROUPS = 2_000  # beyond these, one group a cause
OPERATORS = 2_000  # whose volume is told
RELAYS = 20_000  # next hops whose operator is remembered
REFUSALS = 200  # wordings of our own server's refusals


# Python 3.11 takes as long to look up a member of an enum as to call a function.
_ATTEMPT, _QUEUE, _REFUSAL = Kind.ATTEMPT, Kind.QUEUE, Kind.REFUSAL
_SENT, _DEFERRED, _BOUNCED, _EXPIRED = Status.SENT, Status.DEFERRED, Status.BOUNCED, Status.EXPIRED
_HELD, _QUEUED, _REMOVED, _DISCARDED = Status.HELD, Status.QUEUED, Status.REMOVED, Status.DISCARDED
_IS_SENT, _IS_DEFERRED, _IS_BOUNCED, _IS_EXPIRED = Fate.SENT, Fate.DEFERRED, Fate.BOUNCED, Fate.EXPIRED


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one recipient of one message: `event` is the last that spoke of it, `reason` why it
    failed or waited, None for a plain delivery. Seconds since 1970."""

    fate: Fate
    event: Event
    reason: Reason | None
    first: int | None
    attempts: int
    delivered_after: int | None = None


@dataclass(slots=True)
class Volume:
    """What went to one operator. `attempts` holds all attempts that were made, `sent` deliveries."""

    operator: Operator
    sent: int = 0
    failed: int = 0
    peak: int = 0  # attempts in one minute
    peak_at: int = 0
    minute: int = 0
    in_minute: int = 0


class Aggregate:
    """Takes events in the order of their files, and counts.

    `zone` is that of stamps without one. `sender_of` finds whom a message is of, where events do not say it.
    `emit` is called with each outcome when it is known, and then events of what waits are kept. `mark`: what
    happened after this second is counted as fresh, too. `internal`: hops on this machine are deliveries."""

    def __init__(
        self,
        zone: tzinfo | None,
        *,
        sender_of: Callable[[str], str | None] | None = None,
        emit: Callable[[Outcome], None] | None = None,
        mark: int | None = None,
        internal: bool = False,
        waiting_limit: int = WAITING,
    ) -> None:
        self._zone = zone
        self.sender_of = sender_of
        self._emit = emit
        self._mark = mark
        self._internal = internal
        self.operators = Operators()
        self.reasons = Reasons()
        self.groups: dict[Key, Group] = {}
        self.volumes: dict[str, Volume] = {}
        self.volume_bins: dict[str, Bins] = {}
        self.waiting = WaitingList(waiting_limit)
        self.forgotten = 0  # that waited, and were too many to be followed
        self.sent = self.sent_fresh = self.local = self.internal = self.repeats = self.attempts = 0
        self.held = self.queued = self.taken_out = self.undated = 0
        self.refused = 0
        self.refusals: dict[str, int] = {}
        self.sources: dict[str, int] = {}  # our own addresses, and when each was first seen
        self.first = self.last = 0
        self._stamp: Stamp | None = None
        self._at: int | None = None
        self._whole = ("", 0)  # the line that spoke last of a whole message
        self._remote: dict[tuple[str | None, str | None], Operator] = {}
        self._last_of_domain: dict[str, tuple[Group, str]] = {}

    # -- taking events ---------------------------------------------------------------------------------

    def take(self, records: Sequence[Event | Unparsed]) -> None:
        """Count events; lines that were not understood are passed over."""
        for event in records:
            if isinstance(event, Unparsed):
                continue
            if event.kind is _REFUSAL:
                self._refusal(event)
                continue
            at = self._time(event.at)
            if at is None and event.kind is _ATTEMPT:
                self.undated += 1
            status = event.status
            if status is _SENT:
                self._count_sent(event, at)
            elif status is _DEFERRED or status is _BOUNCED or status is _EXPIRED:
                self._count_failure(event, at)
            elif status is _HELD or status is _QUEUED:
                self._count_wait(event, at)
            elif event.kind is _QUEUE and (status is _REMOVED or status is _DISCARDED):
                self._count_removal(event, at)

    def end(self) -> None:
        """The input has ended: what still waits is told."""
        if self._emit is not None:
            for entry in self.waiting.all():
                self._tell(_IS_DEFERRED, entry.event, entry)

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

    # -- outcomes --------------------------------------------------------------------------------------

    def _count_sent(self, event: Event, at: int | None) -> None:
        relay = event.relay
        operator = self._remote.get((relay.host, relay.ip)) if relay is not None else None
        entry = self.waiting.settle(event)
        if entry is not None:
            self._count_recovery(entry, at)
        if operator is None:
            if is_on_this_machine(event):
                self._count_local(event, at, entry)
                return
            operator = self.operators.of(event, _domain(event.recipient))
            if relay is not None and relay.ip is not None and len(self._remote) < RELAYS:
                self._remote[(relay.host, relay.ip)] = operator
        self._count_delivery(event, at, operator, entry)

    def _count_local(self, event: Event, at: int | None, entry: Waiting | None) -> None:
        """To a filter or a mailbox of this machine."""
        if event.relay is None or not event.relay.is_loopback:
            self.local += 1
            self._tell(_IS_SENT, event, entry, at)
            return
        self.internal += 1
        if self._internal:
            self._count_delivery(event, at, LOCAL, entry)

    def _count_delivery(
        self, event: Event, at: int | None, operator: Operator, entry: Waiting | None
    ) -> None:
        self.sent += 1
        if self._mark is not None and at is not None and at > self._mark:
            self.sent_fresh += 1
        self._volume(operator, at).sent += 1
        if event.source_ip is not None:
            self._source(event.source_ip, at)
        if self._emit is not None:
            self._tell(_IS_SENT, event, entry, at)

    def _count_recovery(self, entry: Waiting, at: int | None) -> None:
        group = entry.group
        group.messages[_IS_DEFERRED] -= 1
        group.messages[_IS_SENT] += 1
        if at is not None and entry.first is not None and at >= entry.first:
            group.cured.add(at - entry.first)

    def _count_failure(self, event: Event, at: int | None) -> None:
        domain = _domain(event.recipient)
        relay = event.relay
        remote = self._remote.get((relay.host, relay.ip)) if relay is not None else None
        local = remote is None and is_on_this_machine(event)
        operator = remote or (LOCAL if local else self.operators.of(event, domain))
        if remote is None and not local and relay is not None and relay.ip and len(self._remote) < RELAYS:
            self._remote[(relay.host, relay.ip)] = operator
        if event.repeats and event.kind is _ATTEMPT:
            self._count_repeat(event, at, operator, domain)
            return
        if event.status is _EXPIRED:
            self._count_expiry(event, at, operator, domain)
            return
        group, key, reason = self._group(event, operator, event.earlier)
        if event.kind is _ATTEMPT:
            self.attempts += 1
            group.attempts += 1
            if not local:
                self._volume(operator, at).failed += 1
        self._note_event(group, event, at)
        if event.recipient is None and event.kind is _ATTEMPT:
            return  # of a whole queue (PowerMTA's tq): an attempt that failed, of no message
        if event.status is _BOUNCED:
            entry = self.waiting.settle(event)
            self._leave(entry)
            group.enter(_IS_BOUNCED, domain, key)
            self._tell(_IS_BOUNCED, event, entry, at, reason)
            return
        entry = self.waiting.find(event)
        if entry is None:
            entry = self._wait(event, domain, group, key, at)
        elif entry.group is not group or entry.key != key:
            self._leave(entry)
            entry.group, entry.key = group, key
            group.enter(_IS_DEFERRED, domain, key)
        entry.attempts += event.kind is _ATTEMPT
        entry.last = at
        if self._emit is not None:
            entry.event = event
        if len(self._last_of_domain) < GROUPS or domain in self._last_of_domain:
            self._last_of_domain[domain] = (group, key)

    def _count_repeat(self, event: Event, at: int | None, operator: Operator, domain: str) -> None:
        """No attempt was made: the message waits for the reason that is known already."""
        self.repeats += 1
        entry = self.waiting.find(event)
        if entry is None:
            group, key = self._last_of_domain.get(domain) or self._group(event, operator)[:2]
            entry = self._wait(event, domain, group, key, at)
        entry.group.repeats += 1
        entry.group.note_time(at)
        entry.last = at
        if self._emit is not None and entry.event is None:
            entry.event = event

    def _count_expiry(self, event: Event, at: int | None, operator: Operator, domain: str) -> None:
        """Given up after the time in the queue. What befalls a whole message befalls all who still wait."""
        whole = event.kind is _QUEUE
        settled: list[Waiting | None] = (
            [*self.waiting.settle_all(event)] if whole else [self.waiting.settle(event)]
        )
        if whole and not settled:
            if (event.file, event.line) == self._whole:
                return  # told for another recipient already, together with this one
            settled = [None]
        if whole:
            self._whole = (event.file, event.line)
        for entry in settled:
            if entry is not None:
                self._leave(entry)
                group, key = entry.group, entry.key
                reason = group.wordings[key].reason if key in group.wordings else group.reason
            else:
                group, key, reason = self._group(event, operator, event.earlier)
            self._note_event(group, event, at)
            group.enter(_IS_EXPIRED, entry.domain if entry is not None else domain, key)
            complete = event if entry is None else event._replace(recipient=entry.recipient)
            self._tell(_IS_EXPIRED, complete, entry, at, reason)

    def _count_wait(self, event: Event, at: int | None) -> None:
        """A queue listing, or an operator's hand: the message waits, and no reason is told with it."""
        if event.status is _HELD:
            self.held += 1
        elif self.waiting.find(event) is None:
            self.queued += 1

    def _count_removal(self, event: Event, at: int | None) -> None:
        """An operator took the message out of the queue."""
        settled = self.waiting.settle_all(event)
        if not settled and (event.file, event.line) == self._whole:
            return
        self._whole = (event.file, event.line)
        self.taken_out += len(settled) or 1
        for entry in settled:
            self._leave(entry)
            entry.group.enter(Fate.UNKNOWN, entry.domain, entry.key)
            complete = event._replace(recipient=entry.recipient)
            self._tell(Fate.UNKNOWN, complete, entry, at)

    def _refusal(self, event: Event) -> None:
        self.refused += 1
        key = template(event.words.text if event.words is not None else "", event.recipient)
        if key in self.refusals or len(self.refusals) < REFUSALS:
            self.refusals[key] = self.refusals.get(key, 0) + 1

    # -- groups ----------------------------------------------------------------------------------------

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

    def _volume(self, operator: Operator, at: int | None) -> Volume:
        volume = self.volumes.get(operator.id)
        if volume is None:
            if len(self.volumes) >= OPERATORS:
                operator = OTHERS
            volume = self.volumes.setdefault(operator.id, Volume(operator))
            self.volume_bins.setdefault(operator.id, Bins())
        if at is not None:
            minute = at // 60
            if minute == volume.minute:
                volume.in_minute += 1
            else:
                self._minute_is_over(volume)
                volume.minute, volume.in_minute = minute, 1
        return volume

    def _minute_is_over(self, volume: Volume) -> None:
        if volume.in_minute:
            self.volume_bins[volume.operator.id].add(volume.minute * 60, volume.in_minute)
        if volume.in_minute > volume.peak:
            volume.peak, volume.peak_at = volume.in_minute, volume.minute * 60

    def settle_volumes(self) -> None:
        """Count the minute that is still running; before volumes are looked at."""
        for volume in self.volumes.values():
            self._minute_is_over(volume)
            volume.in_minute = 0

    # -- recipients that wait --------------------------------------------------------------------------

    def _wait(self, event: Event, domain: str, group: Group, key: str, at: int | None) -> Waiting:
        entry = Waiting(event.recipient or "", domain, group, key, at)
        group.enter(_IS_DEFERRED, domain, key)
        if event.queue_id is None or event.recipient is None:
            if self._emit is not None:
                entry.event = event
                self._tell(_IS_DEFERRED, event, entry)
            return entry  # nothing can be told of it later
        for each in self.waiting.add(event.queue_id, entry):
            self.forgotten += 1
            self._tell(_IS_DEFERRED, each.event, each)
        return entry

    def _leave(self, entry: Waiting | None) -> None:
        if entry is not None:
            entry.group.enter(_IS_DEFERRED, entry.domain, entry.key, -1)

    def _tell(
        self,
        fate: Fate,
        event: Event | None,
        entry: Waiting | None,
        at: int | None = None,
        reason: Reason | None = None,
    ) -> None:
        if self._emit is None or event is None:
            return
        if reason is None and entry is not None:
            wording = entry.group.wordings.get(entry.key)
            reason = wording.reason if wording is not None else entry.group.reason
        first = entry.first if entry is not None else at
        attempts = (entry.attempts if entry is not None else 0) + (
            event.kind is _ATTEMPT and fate in (_IS_SENT, _IS_BOUNCED)
        )
        after = None
        if fate is _IS_SENT and entry is not None and at is not None and entry.first is not None:
            after = at - entry.first
        self._emit(Outcome(fate, event, reason, first, attempts, after))


def _domain(recipient: str | None) -> str:
    """Empty for a mailbox or program of this machine: its name is no domain, and a person's."""
    _, at, domain = (recipient or "").rpartition("@")
    return domain.lower() if at else ""
