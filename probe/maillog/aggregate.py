"""From events to groups of failures, in one pass and bounded memory.

Counts are recipients of messages, not attempts: a waiting recipient is counted under its last reason, until
it is delivered, refused or given up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo

from probe.maillog.groups import Fate, Group, WaitingRecipient
from probe.maillog.operators import LOCAL, Operator, is_on_this_machine
from probe.maillog.outcome import Outcome
from probe.maillog.reasons import Reason
from probe.maillog.sent import RELAYS, Sent, domain_of
from probe.maillog.table import GROUPS
from probe.maillog.template import template
from probe.maillog.waiting import WAITING
from probe.model.reply import Stage
from probe.model.verdict import FixBy
from probe.reading.log.deliveries import Deliveries
from probe.reading.log.event import Event, Kind, Speaker, Status
from probe.reading.log.reader import Piece

REFUSALS = 200  # wordings of our own server's refusals
# Python 3.11 takes as long to look up a member of an enum as to call a function.
_ATTEMPT, _QUEUE, _REFUSAL = Kind.ATTEMPT, Kind.QUEUE, Kind.REFUSAL
_SENT, _DEFERRED, _BOUNCED, _EXPIRED = Status.SENT, Status.DEFERRED, Status.BOUNCED, Status.EXPIRED
_HELD, _QUEUED, _REMOTE = Status.HELD, Status.QUEUED, Speaker.REMOTE
_OF_HOST = frozenset({Stage.DNS, Stage.CONNECT, Stage.GREETING, Stage.EHLO, Stage.STARTTLS})
_IS_SENT, _IS_DEFERRED, _IS_BOUNCED = Fate.SENT, Fate.DEFERRED, Fate.BOUNCED


class Aggregate(Sent):
    """Takes events in the order of their files, and counts. The arguments are those of Table, Queue and
    Sent."""

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
        super().__init__(zone, sender_of, mark, emit, internal, waiting_limit)
        self.repeats = self.attempts = self.refused = 0
        self.refusals: dict[str, int] = {}
        self._last_of_domain: dict[str, tuple[Group, str]] = {}  # why its hosts were not reached

    def take(self, records: Sequence[Piece]) -> None:
        """Count events; lines that were not understood are passed over."""
        for event in records:
            if not isinstance(event, Event):
                if isinstance(event, Deliveries):
                    self._count_plain(event)
                continue
            if event.kind is _REFUSAL:
                if event.status is not _HELD:
                    self._count_refusal(event)
                elif event.queue_id is not None:
                    self._park(event)
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
                self._park(event)
            else:
                self._move(event, at)
        self.volumes.rest()

    def _count_failure(self, event: Event, at: int | None) -> None:
        relay = event.relay
        if event.repeats and relay is None and self._is_known_repeat(event, at):
            return
        domain = domain_of(event.recipient) or event.domain or ""
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
        if event.status is _BOUNCED and reason.fix_by is FixBy.NOBODY:
            group, key, reason = self._group_with(self.reasons.final(reason), event, operator)
        if event.kind is _ATTEMPT:
            self.attempts += 1
            group.attempts += 1
            if not local:
                self.volumes.at(operator, at).failed += 1
                self.reaches.note(operator, event.relay, domain)
        self._note_event(group, event, at)
        if event.recipient is None and event.queue_id is None and event.kind is _ATTEMPT:
            group.queue_tries += 1  # about a complete queue (PowerMTA's tq), without a message
            return
        if event.orig_to is not None:
            self._settle_alias(event)
        if event.queue_id in self.parked.ids:
            parked = self.parked.of(event)
            is_refused_before = parked is not None and parked.is_counted and self.waiting.find(event) is None
            if is_refused_before and event.status is _BOUNCED:
                return  # on hold after a refusal, and tried again by an operator: it counts as one failure
            if parked is not None and not parked.is_held:
                self.parked.take_out(event)  # its reason is known now
        if event.status is _BOUNCED:
            group.enter(_IS_BOUNCED, domain, key)
            self._count_bounce(event, at, reason)
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
        is_kept = len(self._last_of_domain) < GROUPS or domain in self._last_of_domain
        if is_kept and not local and _is_of_host(event):
            self._last_of_domain[domain] = (group, key)

    def _count_bounce(self, event: Event, at: int | None, reason: Reason) -> None:
        """The recipient waits no longer, nor has it the message."""
        if event.is_late and self._returnable.take_back(event):
            self.sent -= 1
        entry = self.waiting.settle(event)
        self._leave(entry)
        self._note_refusal(event)
        self._tell(_IS_BOUNCED, event, entry, at, reason)

    def _count_repeat(self, event: Event, at: int | None, operator: Operator, domain: str) -> None:
        """Count a repetition: no attempt was made, and the message waits for a known reason."""
        entry = self.waiting.find(event)
        entries = (entry,) if entry is not None else self.waiting.find_for(event)
        if not entries:
            earlier = self._last_of_domain.get(domain) if _is_any_host(event) else None
            group, key = earlier or self._group(event, operator)[:2]
            entries = (self._wait(event, domain, group, key, at),)
        self._repeat(event, at, entries)

    def _is_known_repeat(self, event: Event, at: int | None) -> bool:
        """Whether the event repeats what is known of a waiting recipient; it is counted then, and whose
        server it is need not be found out."""
        entry = self.waiting.find(event) if event.kind is _ATTEMPT else None
        if entry is not None:
            self._repeat(event, at, (entry,))
        return entry is not None

    def _repeat(self, event: Event, at: int | None, entries: Sequence[WaitingRecipient]) -> None:
        self.repeats += 1
        for each in entries:
            each.group.repeats += 1
            each.group.note_time(at)
            each.last = at
            if self._emit is not None and each.event is None:
                each.event = event

    def _count_refusal(self, event: Event) -> None:
        self.refused += 1
        self._time(event.at)
        key = template(event.words.text if event.words is not None else "", event.recipient)
        if key in self.refusals or len(self.refusals) < REFUSALS:
            self.refusals[key] = self.refusals.get(key, 0) + 1


def _is_of_host(event: Event) -> bool:
    """Whether the failure was of a host or of the connection to it, before a recipient was named."""
    words = event.words
    return words is not None and (words.stage in _OF_HOST or words.speaker is not _REMOTE)


def _is_any_host(event: Event) -> bool:
    """Whether Exim tried no host and gives no reason: then all messages to the domain have the same
    reason."""
    return event.words is not None and event.words.text.startswith("retry time not reached for any host")
