"""The recipients that wait, by the queue id of their message, for a bounded number of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from probe.maillog.groups import Waiting
from probe.reading.log.event import Event

WAITING = 60_000  # recipients that wait at once and are still followed: some 20 MB


class WaitingList:
    """Recipients that wait; the message that was forgotten longest goes first when there are too many."""

    def __init__(self, limit: int = WAITING) -> None:
        self._limit = limit
        self._by_id: OrderedDict[str, Waiting] = OrderedDict()
        self.count = 0

    def all(self) -> Iterator[Waiting]:
        """Every recipient."""
        for first in self._by_id.values():
            yield from _chain(first)

    def add(self, queue_id: str, waiting: Waiting) -> list[Waiting]:
        """One more; returns those that are no longer followed, for there are too many."""
        dropped: list[Waiting] = []
        while self.count >= self._limit and self._by_id:
            _, first = self._by_id.popitem(last=False)
            chain = _chain(first)
            self.count -= len(chain)
            dropped += chain
        waiting.next = self._by_id.get(queue_id)
        self._by_id[queue_id] = waiting
        self.count += 1
        return dropped

    def found(self, event: Event) -> Waiting | None:
        """The event's recipient, if it waits."""
        waiting = self._by_id.get(event.queue_id or "")
        while waiting is not None and waiting.recipient != event.recipient:
            waiting = waiting.next
        return waiting

    def settle(self, event: Event) -> Waiting | None:
        """The recipient waits no longer."""
        first = self._by_id.get(event.queue_id or "")
        if first is None or event.queue_id is None:
            return None
        if first.recipient == event.recipient:
            if first.next is None:
                del self._by_id[event.queue_id]
            else:
                self._by_id[event.queue_id] = first.next
            self.count -= 1
            return first
        before = first
        while before.next is not None:
            entry = before.next
            if entry.recipient == event.recipient:
                before.next = entry.next
                self.count -= 1
                return entry
            before = entry
        return None

    def settle_all(self, event: Event) -> list[Waiting]:
        """No recipient of the message waits any longer."""
        chain = _chain(self._by_id.pop(event.queue_id or "", None))
        self.count -= len(chain)
        return chain


def _chain(first: Waiting | None) -> list[Waiting]:
    chain = []
    while first is not None:
        chain.append(first)
        first = first.next
    return chain
