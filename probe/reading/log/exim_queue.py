"""Actions of Exim's queue, or of an operator with `exim -M...`, on a message: frozen, thawed, removed; and
the data on its recipients for that."""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe.reading.log.event import Record, Status, Words
from probe.reading.log.exim_login import RefusedLogins
from probe.reading.log.frames import Frame
from probe.reading.log.memory import RECIPIENTS, Memory, Message
from probe.reading.log.reader import FramedReader

_RECENT = 5_000  # notes of messages
_ADDRESS = r"(?>\"(?:[^\"\\]|\\.)*+\"|[^\">])*+"
_HELD = ("Frozen", "frozen by ", "Message is frozen", "*** Frozen")
_HOLDS = (*_HELD, "unfrozen by ", "Unfrozen by ")
_MARKED = re.compile(rf"(?:address <({_ADDRESS})>|all addresses) marked delivered by ")


class EximQueue(FramedReader):
    """Remembers waiting and failed recipients."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)
        self._failed = Memory(_RECENT)  # who failed, by message
        self.logins = RefusedLogins()

    def remember(
        self, queue_id: str, recipient: str, status: Status, words: Words | None, repeats: bool
    ) -> Words | None:
        """Remember a waiting or failed recipient; returns why it waited until now."""
        if status is Status.DEFERRED:
            if not repeats or not self.memory.is_deferred(queue_id, recipient):
                self.memory.defer(queue_id, recipient, words)
            return None
        if status in (Status.BOUNCED, Status.EXPIRED):
            failed = self._failed.note_of(queue_id)
            if not isinstance(failed, dict):
                failed = {}
                self._failed.note(queue_id, failed)
            if len(failed) < RECIPIENTS:
                failed[recipient] = words
        return self.memory.settle(queue_id, recipient)

    def by_hand(self, queue_id: str, rest: str, frame: Frame, number: int) -> Sequence[Record]:
        """The records of a line that is neither an arrival nor a delivery."""
        if rest.startswith(_HOLDS):
            return self._hold(queue_id, rest, frame, number)
        if rest.startswith(("cancelled by ", "removed by ")):  # -Mg, -Mrm
            return self._cancellation(queue_id, rest, frame, number)
        mark = _MARKED.match(rest)  # -Mmd, -Mmad
        return self._drop(queue_id, mark, frame, number) if mark is not None else ()

    def _cancellation(self, queue_id: str, rest: str, frame: Frame, number: int) -> Sequence[Record]:
        message = self._message(queue_id)
        whom, word = message.waiting, rest.strip()
        self.memory.forget(queue_id)
        return self.queue_events(message, whom, Status.REMOVED, word, queue_id, frame, number)

    def _hold(self, queue_id: str, rest: str, frame: Frame, number: int) -> Sequence[Record]:
        """The message was frozen by an operator, or is an undeliverable bounce: its recipients failed, and
        wait."""
        status = Status.HELD if rest.startswith(_HELD) else Status.RELEASED
        failed = self._failed.note_of(queue_id)
        message = self._message(queue_id)
        whom = message.waiting
        if "delivery error message" in rest and isinstance(failed, dict):
            whom = [*(it for it in whom if it[0] is not None), *failed.items()]
        if status is Status.RELEASED:
            whom = [(None, None)]
        return self.queue_events(message, whom, status, rest.strip(), queue_id, frame, number)

    def _drop(self, queue_id: str, mark: re.Match[str], frame: Frame, number: int) -> Sequence[Record]:
        recipient = mark[1]
        if recipient is None:
            return self._cancellation(queue_id, "marked delivered", frame, number)
        whom = [(recipient, self.memory.settle(queue_id, recipient))]
        message = self._message(queue_id)
        return self.queue_events(message, whom, Status.DROPPED, "marked delivered", queue_id, frame, number)

    def _message(self, queue_id: str) -> Message:
        message = self.memory.message_of(queue_id)
        return message if message is not None else Message()
