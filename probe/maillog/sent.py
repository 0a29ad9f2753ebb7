"""Deliveries: to whom, when, and which of them were waited for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo

from probe.maillog.groups import Fate, WaitingRecipient
from probe.maillog.late import Returnable
from probe.maillog.no_mailbox import NoMailbox, disposition_of
from probe.maillog.operators import LOCAL, Operator, is_on_this_machine
from probe.maillog.outcome import Outcome
from probe.maillog.queue import Queue
from probe.maillog.reach import Reaches
from probe.maillog.volumes import Volumes
from probe.maillog.waiting import WAITING
from probe.reading.log.deliveries import Deliveries, Row
from probe.reading.log.event import Event, Relay
from probe.reading.log.reader import Reader

RELAYS = 20_000  # next hops whose operator is remembered
SAMPLE = 20  # deliveries of a block whose domains are looked at
_IS_SENT, _IS_DEFERRED = Fate.SENT, Fate.DEFERRED  # to look up a member of an enum takes its time


class Sent(Queue):
    """Counts what was delivered; `internal`: hops on this machine are deliveries."""

    def __init__(
        self,
        zone: tzinfo | None,
        sender_of: Callable[[str], str | None] | None,
        mark: int | None,
        emit: Callable[[Outcome], None] | None,
        internal: bool = False,
        waiting_limit: int = WAITING,
    ) -> None:
        super().__init__(zone, sender_of, mark, emit, waiting_limit)
        self._internal = internal
        self.volumes = Volumes()
        self.sent = self.local = self.internal = 0
        self.undated = 0
        self.reaches = Reaches()
        self.no_mailbox = NoMailbox()
        self._has_late_bounces = False
        self._returnable = Returnable()
        self._remote: dict[tuple[str | None, str | None], Operator] = {}

    def read_by(self, reader: Reader) -> None:
        """What follows is read by this reader, which knows of whom a message is, and whether bounces of
        what was delivered may come."""
        self.sender_of = reader.sender
        self._has_late_bounces = reader.has_late_bounces

    def _count_sent(self, event: Event, at: int | None) -> None:
        relay = event.relay
        operator = self._remote.get((relay.host, relay.ip)) if relay is not None else None
        entry = self.waiting.settle(event)
        if entry is not None:
            self._count_recovery(entry, at)
        if event.queue_id in self.parked.ids:
            self.parked.take_out(event)
        if event.orig_to is not None:
            self._settle_alias(event)
        if operator is None:
            if is_on_this_machine(event):
                self._count_local(event, at, entry)
                return
            operator = self.operators.of(event, domain_of(event.recipient))
            if relay is not None and relay.ip is not None and len(self._remote) < RELAYS:
                self._remote[(relay.host, relay.ip)] = operator
        self._count_delivery(event, at, operator, entry)

    def _note_no_mailbox(self, event: Event, at: int | None, operator: Operator) -> None:
        """Note what was taken for nobody's mailbox, by another server or by a filter of this machine."""
        what = disposition_of(event)
        if what is None:
            return
        sender = event.sender
        if sender is None and event.queue_id is not None and self.sender_of is not None:
            sender = self.sender_of(event.queue_id)
        self.no_mailbox.count(event, what, operator, sender, at)

    def _count_local(self, event: Event, at: int | None, entry: WaitingRecipient | None) -> None:
        """To a filter or a mailbox of this machine."""
        if event.words is not None:
            self._note_no_mailbox(event, at, LOCAL)
        if event.relay is None or not event.relay.is_loopback:
            self.local += 1
            self._tell(_IS_SENT, event, entry, at)
            return
        self.internal += 1
        if self._internal:
            self._count_delivery(event, at, LOCAL, entry)

    def _count_delivery(
        self, event: Event, at: int | None, operator: Operator, entry: WaitingRecipient | None
    ) -> None:
        self.sent += 1
        if event.words is not None and operator is not LOCAL:
            self._note_no_mailbox(event, at, operator)
        self.reaches.note(operator, event.relay, domain_of(event.recipient))
        if self._has_late_bounces:
            self._returnable.note(event)
        self.volumes.at(operator, at).sent += 1
        if event.source_ip is not None:
            self._source(event.source_ip, at)
        if self._emit is not None:
            self._tell(_IS_SENT, event, entry, at)

    def _count_recovery(self, entry: WaitingRecipient, at: int | None) -> None:
        group = entry.group
        group.messages[_IS_DEFERRED] -= 1
        group.messages[_IS_SENT] += 1
        if at is not None and entry.first is not None and at >= entry.first:
            group.cured.add(at - entry.first)

    # -- many at once --------------------------------------------------------------------------------------

    def _count_plain(self, deliveries: Deliveries) -> None:
        """As single events those of which more is known, or is to be found out; the others by the minute."""
        rows = self._without_single(deliveries)
        times = [row[0] for row in rows]
        minute_of = {at: deliveries.minute(at) for at in set(times)}
        begins = {minute: self.seconds(deliveries.clock.stamp(minute)) for minute in set(minute_of.values())}
        places = zip(map(minute_of.__getitem__, times), [row[3] for row in rows], strict=True)
        for (minute, to), count in Counter(places).items():
            operator, at = self._operator_of(deliveries.relays[to]), begins[minute]
            if operator is not None:
                self.volumes.at(operator, at, count).sent += count
            self.undated += count if at is None else 0
        for row in rows[:SAMPLE]:
            operator = self._operator_of(deliveries.relays[row[3]])
            if operator is not None:
                self.reaches.note(operator, deliveries.relays[row[3]], domain_of(row[2]))
        self.sent += len(rows)
        self._note_span(deliveries, minute_of, begins)

    def _without_single(self, deliveries: Deliveries) -> Sequence[Row]:
        """The rows that can be counted together; each of the others is counted."""
        rows = deliveries.rows
        ids = {row[1] for row in rows}
        exceptions = (ids & self.waiting.ids) | (ids & self.parked.ids)
        relays = {to for to in {row[3] for row in rows} if self._operator_of(deliveries.relays[to]) is None}
        sources = {row[4] for row in rows} - {None, *self.sources}
        if not (exceptions or relays or sources):
            return rows
        plain = []
        for row in rows:
            if row[1] in exceptions or row[3] in relays or row[4] in sources:
                event = deliveries.event(row)
                at = self._time(event.at)
                self.undated += at is None
                self._count_sent(event, at)
            else:
                plain.append(row)
        return plain

    def _operator_of(self, relay: Relay | None) -> Operator | None:
        """Whose server it is, where that was found out and all that is to be counted."""
        return self._remote.get((relay.host, relay.ip)) if relay is not None and self._emit is None else None

    def _note_span(
        self, deliveries: Deliveries, minute_of: Mapping[str, str], begins: Mapping[str, int | None]
    ) -> None:
        """When the first and the last of these was, to the second."""
        moments = [at for at in begins.values() if at is not None]
        edges = {minute for minute, at in begins.items() if moments and at in (min(moments), max(moments))}
        for edge in edges:
            times = [at for at, minute in minute_of.items() if minute == edge]
            for at in (min(times), max(times)):  # within a minute and a zone the text has the order of time
                self._time(deliveries.clock.stamp(at))


def domain_of(recipient: str | None) -> str:
    """Empty for a mailbox or program of this machine: its name is no domain, and a person's."""
    _, at, domain = (recipient or "").rpartition("@")
    return domain.lower() if at else ""
