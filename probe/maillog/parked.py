"""What waits and nobody tries: messages that were put on hold, and those of which a queue listing tells no
reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from probe.reading.log.event import Event

PARKED = 60_000  # messages that are followed at once


@dataclass(slots=True)
class Parked:
    """One recipient, or a whole message where `event` names none. `is_counted`: it stands among the failures,
    too, with the reason of its last try."""

    event: Event
    is_held: bool
    is_counted: bool


class ParkedList:
    """Recipients by the queue id of their message; `forgotten` are those beyond the limit."""

    def __init__(self, limit: int = PARKED) -> None:
        self._limit = limit
        self._by_id: dict[str, dict[str | None, Parked]] = {}
        self.ids = self._by_id.keys()
        self.forgotten = 0

    def all(self) -> Iterator[Parked]:
        """Every recipient, in the order in which they were parked."""
        for entries in self._by_id.values():
            yield from entries.values()

    def park(self, event: Event, *, is_held: bool, is_counted: bool) -> None:
        """The event's recipient waits; what was known of it before is replaced."""
        key = event.queue_id or ""
        entries = self._by_id.get(key)
        if entries is None:
            if len(self._by_id) >= self._limit:
                self.forgotten += 1
                return
            entries = self._by_id[key] = {}
        if event.recipient is not None:
            entries.pop(None, None)  # the whole message, of which a recipient is named now
        elif entries:  # known by name
            for entry in entries.values():
                entry.is_held = is_held
            return
        before = entries.get(event.recipient)
        entries[event.recipient] = Parked(
            event, is_held, is_counted or (before is not None and before.is_counted)
        )

    def of(self, event: Event) -> Parked | None:
        """The event's recipient, if it is parked."""
        return self._by_id.get(event.queue_id or "", {}).get(event.recipient)

    def take_out(self, event: Event) -> Parked | None:
        """The event's recipient is parked no longer: as what it, or its message, was."""
        entries = self._by_id.get(event.queue_id or "")
        if entries is None:
            return None
        whole = entries.pop(None, None)
        entry = entries.pop(event.recipient, whole)
        if not entries:
            del self._by_id[event.queue_id or ""]
        return entry

    def take_out_all(self, event: Event) -> Sequence[Parked]:
        """No recipient of the event's message is parked any longer: what they were."""
        return tuple(self._by_id.pop(event.queue_id or "", {}).values())

    def release(self, event: Event) -> None:
        """The message will be tried again; those of its recipients that were counted stay known."""
        entries = self._by_id.get(event.queue_id or "", {})
        for recipient, entry in list(entries.items()):
            entry.is_held = False
            if not entry.is_counted:
                del entries[recipient]
        if not entries:
            self._by_id.pop(event.queue_id or "", None)
