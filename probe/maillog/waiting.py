"""The recipients that wait, by the queue id of their message, for a bounded number of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence

from probe.maillog.groups import WaitingRecipient
from probe.reading.log.event import Event

WAITING = 60_000  # recipients that wait at once and are still followed: some 20 MB

# Most messages have one waiting recipient; those of a mailing list may have thousands, each with its own
# events.
_Recipients = WaitingRecipient | dict[str, WaitingRecipient]


class WaitingList:
    """Waiting recipients; if there are too many, the least recently used message is dropped first."""

    def __init__(self, limit: int = WAITING) -> None:
        self._limit = limit
        self._by_id: OrderedDict[str, _Recipients] = OrderedDict()
        self.ids = self._by_id.keys()  # of their messages
        self.count = 0

    def all(self) -> Iterator[WaitingRecipient]:
        """Every recipient."""
        for recipients in self._by_id.values():
            yield from _each(recipients)

    def add(self, queue_id: str, recipient_entry: WaitingRecipient) -> list[WaitingRecipient]:
        """Add one; returns those that were dropped because of the limit."""
        overflow: list[WaitingRecipient] = []
        while self.count >= self._limit and self._by_id:
            _, recipients = self._by_id.popitem(last=False)
            of_message = _each(recipients)
            self.count -= len(of_message)
            overflow += of_message
        entry = self._by_id.get(queue_id)
        if entry is None:
            self._by_id[queue_id] = recipient_entry
        elif isinstance(entry, WaitingRecipient):
            self._by_id[queue_id] = {entry.recipient: entry, recipient_entry.recipient: recipient_entry}
        else:
            entry[recipient_entry.recipient] = recipient_entry
        self.count += 1
        return overflow

    def find(self, event: Event) -> WaitingRecipient | None:
        """The event's recipient, if it waits."""
        entry = self._by_id.get(event.queue_id or "")
        recipient = event.recipient or ""
        if entry is None:
            return None
        if isinstance(entry, WaitingRecipient):
            return entry if entry.recipient == recipient else None
        return entry.get(recipient)

    def recipients_of(self, event: Event) -> Sequence[str]:
        """Those of the event's message."""
        entry = self._by_id.get(event.queue_id or "")
        return [it.recipient for it in _each(entry)] if entry is not None else ()

    def find_for(self, event: Event) -> Sequence[WaitingRecipient]:
        """The waiting recipients that replace the event's recipient, an alias or a list."""
        entry = self._by_id.get(event.queue_id or "")
        if entry is None:
            return ()
        return [it for it in _each(entry) if it.orig_to is not None and it.orig_to == event.recipient]

    def settle(self, event: Event) -> WaitingRecipient | None:
        """The recipient waits no longer."""
        queue_id, recipient = event.queue_id, event.recipient or ""
        entry = self._by_id.get(queue_id or "")
        if entry is None or queue_id is None:
            return None
        if isinstance(entry, WaitingRecipient):
            if entry.recipient != recipient:
                return None
            del self._by_id[queue_id]
            self.count -= 1
            return entry
        recipient_entry = entry.pop(recipient, None)
        if recipient_entry is not None:
            self.count -= 1
            if not entry:
                del self._by_id[queue_id]
        return recipient_entry

    def settle_all(self, event: Event) -> Sequence[WaitingRecipient]:
        """No recipient of the message waits any longer."""
        entry = self._by_id.pop(event.queue_id or "", None)
        recipients = _each(entry) if entry is not None else ()
        self.count -= len(recipients)
        return recipients


def _each(recipients: _Recipients) -> Sequence[WaitingRecipient]:
    return (recipients,) if isinstance(recipients, WaitingRecipient) else tuple(recipients.values())
