"""Waiting messages that are not tried: those on hold, and those in a queue listing without a reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe._dataclass import dataclass
from probe.reading.log.event import Event

PARKED = 60_000  # messages that are followed at once


@dataclass(slots=True)
class Parked:
    """One recipient, or a complete message if `event` names none. `is_counted`: it also counts as a failure,
    with the reason of its last try."""

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
        """Note that the event's recipient waits; this replaces older data."""
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
        """Remove the event's recipient; returns its, or its message's, entry."""
        entries = self._by_id.get(event.queue_id or "")
        if entries is None:
            return None
        whole = entries.pop(None, None)
        entry = entries.pop(event.recipient, whole)
        if not entries:
            del self._by_id[event.queue_id or ""]
        return entry

    def take_out_all(self, event: Event) -> Sequence[Parked]:
        """Remove all recipients of the event's message; returns their entries."""
        return tuple(self._by_id.pop(event.queue_id or "", {}).values())

    def release(self, event: Event) -> None:
        """The message will be tried again; its counted recipients are kept."""
        entries = self._by_id.get(event.queue_id or "", {})
        for recipient, entry in list(entries.items()):
            entry.is_held = False
            if not entry.is_counted:
                del entries[recipient]
        if not entries:
            self._by_id.pop(event.queue_id or "", None)
