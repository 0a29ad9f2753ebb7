"""Remembers data of earlier lines on a limited number of messages.

The least recently used message is dropped first: its later lines are read without the sender.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence

from probe._dataclass import dataclass
from probe.reading.log.event import Words

MESSAGES = 50_000  # at most about 25 MB; a busy server has fewer messages in progress
RECIPIENTS = 1_000  # of one message; RFC 5321 section 4.5.3.1.8 asks for 100 at least


Waiting = tuple[str | None, Words | None]
"""A recipient that waits, and the last words about it."""


@dataclass(slots=True)
class Message:
    """The data of one message; `deferrals` has the last words for each recipient that still waits."""

    sender: str | None = None
    message_id: str | None = None
    deferrals: dict[str, Words | None] | None = None  # most messages never wait

    @property
    def waiting(self) -> Sequence[Waiting]:
        """The recipients known to wait, and why; one row without a recipient if there are none."""
        return tuple((self.deferrals or {}).items()) or ((None, None),)


class Memory:
    """Messages by queue id, and single values by other keys, both limited in number."""

    def __init__(self, messages: int = MESSAGES) -> None:
        self._limit = max(1, messages)
        # a plain dict is slow when its first entries are deleted repeatedly
        self._messages: OrderedDict[str, Message] = OrderedDict()
        self.ids = self._messages.keys()  # a live view of the known messages
        self._notes: OrderedDict[object, object] = OrderedDict()

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[str]:
        return iter(self._messages)

    def message_of(self, queue_id: str) -> Message | None:
        """The message, if it is known."""
        return self._messages.get(queue_id)

    def message(self, queue_id: str) -> Message:
        """The message, a new one if it is not known; it becomes the most recently used."""
        entry = self._messages.get(queue_id)
        if entry is not None:
            self._messages.move_to_end(queue_id)
            return entry
        if len(self._messages) >= self._limit:
            self._messages.popitem(last=False)
        entry = self._messages[queue_id] = Message()
        return entry

    def forget(self, queue_id: str) -> None:
        """The message left the queue. (A queue id may be used again.)"""
        self._messages.pop(queue_id, None)

    def defer(self, queue_id: str, recipient: str, words: Words | None) -> None:
        """Note that this recipient waits, because of these words."""
        message = self.message(queue_id)
        if message.deferrals is None:
            message.deferrals = {}
        deferrals = message.deferrals
        if len(deferrals) < RECIPIENTS or recipient in deferrals:
            deferrals[recipient] = words

    def is_deferred(self, queue_id: str, recipient: str) -> bool:
        """Whether this recipient is known to wait."""
        message = self._messages.get(queue_id)
        return message is not None and message.deferrals is not None and recipient in message.deferrals

    def settle(self, queue_id: str, recipient: str) -> Words | None:
        """Note that this recipient no longer waits; returns why it waited."""
        message = self._messages.get(queue_id)
        return message.deferrals.pop(recipient, None) if message is not None and message.deferrals else None

    def note(self, key: object, value: object) -> None:
        """Store one value; it replaces an older one with the same key."""
        self._notes.pop(key, None)
        if len(self._notes) >= self._limit:
            self._notes.popitem(last=False)
        self._notes[key] = value

    def note_of(self, key: object) -> object | None:
        return self._notes.get(key)

    def drop(self, key: object) -> object | None:
        """Remove and return a value."""
        return self._notes.pop(key, None)
