"""Waiting recipients, and how waiting ends: expired, held, removed by an operator, forwarded as another
message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo

from probe.maillog.groups import Fate, Group, WaitingRecipient
from probe.maillog.operators import Operator
from probe.maillog.outcome import Outcome
from probe.maillog.parked import Parked, ParkedList
from probe.maillog.reasons import Reason
from probe.maillog.table import Table
from probe.maillog.waiting import WAITING, WaitingList
from probe.model.verdict import FixBy
from probe.reading.log.event import Event, Kind, Status

# Python 3.11 takes as long to look up a member of an enum as to call a function.
_ATTEMPT, _QUEUE, _DEFERRED = Kind.ATTEMPT, Kind.QUEUE, Status.DEFERRED
_HELD, _RELEASED, _FORWARDED = Status.HELD, Status.RELEASED, Status.FORWARDED
_REMOVED, _DISCARDED, _DROPPED = Status.REMOVED, Status.DISCARDED, Status.DROPPED
_IS_SENT, _IS_DEFERRED, _IS_BOUNCED, _IS_EXPIRED = Fate.SENT, Fate.DEFERRED, Fate.BOUNCED, Fate.EXPIRED


REFUSED = 5_000  # recently refused messages that are remembered
_BOUNCE = "delivery error message"  # in Exim's word for a bounce that it freezes


class Queue(Table):
    """The recipients that wait or are parked. `emit` is called with each outcome when it is known, and then
    events of what waits are kept."""

    def __init__(
        self,
        zone: tzinfo | None,
        sender_of: Callable[[str], str | None] | None,
        mark: int | None,
        emit: Callable[[Outcome], None] | None,
        waiting_limit: int = WAITING,
    ) -> None:
        super().__init__(zone, sender_of, mark)
        self._emit = emit
        self.waiting = WaitingList(waiting_limit)
        self.parked = ParkedList()
        self.forgotten = 0  # waiting recipients beyond the limit
        self._refused: dict[str, set[str]] = {}  # who was refused last, by the queue id
        self.dropped = 0  # removed by an operator before any failure
        self.discards = 0  # thrown away by this server itself
        self._whole = ("", 0)  # the last line about a complete message

    def end(self) -> None:
        """End the input: emit the outcomes of what still waits."""
        if self._emit is not None:
            for entry in self.waiting.all():
                self._tell(_IS_DEFERRED, entry.event, entry)
            for parked in self.parked.all():
                if not self._is_counted(parked):
                    for _ in range(parked.event.recipient_count):
                        self._tell(Fate.UNKNOWN, parked.event, None)

    def parked_counts(self) -> tuple[int, int, int]:
        """The number of recipients on hold, of those on hold that already count as failures, and of those
        queued without a reason."""
        held = count = queued = 0
        for parked in self.parked.all():
            number = parked.event.recipient_count
            if parked.is_held:
                held += number
                count += number if self._is_counted(parked) else 0
            elif not self._is_counted(parked):
                queued += number
        return held, count, queued

    def _is_counted(self, parked: Parked) -> bool:
        return parked.is_counted or self.waiting.find(parked.event) is not None

    def _count_expiry(self, event: Event, at: int | None, operator: Operator, domain: str) -> None:
        """Count an expiry. An event of a complete message applies to all its waiting recipients."""
        whole = event.kind is _QUEUE
        entries: list[WaitingRecipient | None] = (
            [*self.waiting.settle_all(event)] if whole else [self.waiting.settle(event)]
        )
        (self.parked.take_out_all if whole else self.parked.take_out)(event)
        if whole and not entries:
            if (event.file, event.line) == self._whole:
                return  # already counted together with another recipient
            entries = [None]
        if whole:
            self._whole = (event.file, event.line)
        for entry in entries:
            if entry is not None:
                self._leave(entry)
                group, key = entry.group, entry.key
                reason = group.wordings[key].reason if key in group.wordings else group.reason
                group, key, reason = self._given_up(entry, reason)
            else:
                group, key, reason = self._group(event, operator, event.earlier)
                if reason.fix_by is FixBy.NOBODY:
                    group, key, reason = self._group_with(self.reasons.final(reason), event, operator)
            self._note_event(group, event, at)
            group.enter(_IS_EXPIRED, entry.domain if entry is not None else domain, key)
            complete = event if entry is None else _of(event, entry)
            self._tell(_IS_EXPIRED, complete, entry, at, reason)

    def _given_up(self, entry: WaitingRecipient, reason: Reason) -> tuple[Group, str, Reason]:
        """The group of a waiting recipient that is given up, to which its attempts go, too."""
        group, wording = entry.group, entry.group.wordings.get(entry.key)
        if reason.fix_by is not FixBy.NOBODY or wording is None:
            return group, entry.key, reason
        result = self._group_with(self.reasons.final(reason), wording.example, group.operator)
        group.attempts -= entry.attempts
        result[0].attempts += entry.attempts
        result[0].note_time(entry.first)
        return result

    def _park(self, event: Event) -> None:
        """Note a message that waits without a reason, from a queue listing or held by an operator."""
        is_held = event.status is _HELD
        if event.recipient is None:  # of the whole message: of whom it is, what went before tells
            refused = self._refused.get(event.queue_id or "", ()) if _BOUNCE in event.word else ()
            names = [*self.waiting.recipients_of(event), *refused]
            for name in names:
                self.parked.park(event._replace(recipient=name), is_held=is_held, is_counted=True)
            if names:
                return
        is_counted = event.earlier is not None or self.waiting.find(event) is not None
        self.parked.park(event, is_held=is_held, is_counted=is_counted)

    def _note_refusal(self, event: Event) -> None:
        """Note a refusal, because Exim freezes a refused bounce afterwards, and does not give it up."""
        if event.queue_id is None:
            return
        if len(self._refused) >= REFUSED:
            del self._refused[next(iter(self._refused))]
        self._refused.setdefault(event.queue_id, set()).add(event.recipient or "")

    def _move(self, event: Event, at: int | None) -> None:
        """Count an action of the queue, or of an operator, on a message or one recipient."""
        status = event.status
        if event.kind is _ATTEMPT:  # an alias, or what is thrown away: it waits no longer
            entry = self.waiting.settle(event)
            self._leave(entry)
            self.parked.take_out(event)
            if status is _DISCARDED:
                self.discards += 1
                self._tell(Fate.UNKNOWN, event, entry, at)
        elif status is _RELEASED:
            self.parked.release(event)
        elif status is _FORWARDED:  # it is another message now, of which its fate is told
            self.parked.take_out_all(event)
            for entry in self.waiting.settle_all(event):
                self._leave(entry)
        elif status is _DROPPED:
            parked, one = self.parked.take_out(event), self.waiting.settle(event)
            self.dropped += self._count_removal(
                event, at, (one,) if one is not None else (), (parked,) if parked else ()
            )
        elif (event.file, event.line) != self._whole and (status is _REMOVED or status is _DISCARDED):
            self._whole = (event.file, event.line)  # further events of the line are told with this one
            count = self._count_removal(
                event, at, self.waiting.settle_all(event), self.parked.take_out_all(event)
            )
            if status is _DISCARDED:
                self.discards += count
            else:
                self.dropped += count

    def _count_removal(
        self, event: Event, at: int | None, entries: Sequence[WaitingRecipient], parked: Sequence[Parked]
    ) -> int:
        """Count recipients that left the queue undelivered; returns how many had no failure before."""
        for entry in entries:
            self._leave(entry)
            entry.group.enter(Fate.UNKNOWN, entry.domain, entry.key)
            self._tell(Fate.UNKNOWN, _of(event, entry), entry, at)
        names = {entry.recipient for entry in entries}
        rest = [it.event.recipient for it in parked if not it.is_counted and it.event.recipient not in names]
        if not entries and not parked:
            rest = [event.recipient]
        for recipient in rest:
            self._tell(Fate.UNKNOWN, event._replace(recipient=recipient), None, at)
        return len(rest)

    def _settle_alias(self, event: Event) -> None:
        """Settle the alias that this recipient of the same message replaces."""
        if event.queue_id in self.waiting.ids:
            self._leave(self.waiting.settle(event._replace(recipient=event.orig_to)))

    def _wait(self, event: Event, domain: str, group: Group, key: str, at: int | None) -> WaitingRecipient:
        entry = WaitingRecipient(event.recipient or "", event.orig_to, domain, group, key, at)
        group.enter(_IS_DEFERRED, domain, key)
        if event.queue_id is None:
            if self._emit is not None:
                entry.event = event
                entry.attempts += event.kind is _ATTEMPT
                self._tell(_IS_DEFERRED, event, entry)
                entry.attempts = 0  # the caller counts
            return entry  # nothing can be told of it later
        for each in self.waiting.add(event.queue_id, entry):
            self.forgotten += 1
            self._tell(_IS_DEFERRED, each.event, each)
        return entry

    def _leave(self, entry: WaitingRecipient | None) -> None:
        if entry is not None:
            entry.group.enter(_IS_DEFERRED, entry.domain, entry.key, -1)

    def _tell(
        self,
        fate: Fate,
        event: Event | None,
        entry: WaitingRecipient | None,
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
            after = at - entry.first if at >= entry.first else None  # the clock was set back
        self._emit(Outcome(fate, event, reason, first, attempts, after))


def _of(event: Event, entry: WaitingRecipient) -> Event:
    """An event of a complete message as that of one recipient, with its reason for waiting."""
    last = entry.event
    words = (last.earlier or last.words) if last is not None else event.earlier
    return event._replace(recipient=entry.recipient or None, earlier=words)
