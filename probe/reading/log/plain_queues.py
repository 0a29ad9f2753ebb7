"""What waits now, as Courier (`mailq`), dma (`dma -bp`), nullmailer (`mailq`) and Haraka (`--qlist`) list it:
they have no reasons."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Sequence

from probe.model.text import decode
from probe.reading.log.event import Event, Kind, Record, Stamp, Status
from probe.reading.log.memory import RECIPIENTS
from probe.reading.log.queues import NOTHING
from probe.reading.log.reader import TEXT, Reader


class PlainQueueReader(Reader):
    """Reads a listing whose messages take several lines; `program` is the listing program."""

    program = ""
    _queue_id: str | None = None
    _sender: str | None = None
    _at: Stamp | None = None
    _count = 1

    def read(self, data: bytes, number: int) -> Sequence[Record]:
        line = decode(data[:TEXT]).rstrip()
        recipient = self.recipient(line)
        if recipient is None or self._queue_id is None:
            self.says_empty = self.says_empty or NOTHING.fullmatch(line) is not None
            return ()
        fields = (self.file, number, Kind.QUEUE, Status.QUEUED, "queued", self._at, self.program)
        return (
            Event(
                *fields,
                self._queue_id,
                sender=self._sender,
                recipient=recipient or None,
                recipient_count=self._count,
            ),
        )

    def end(self) -> Sequence[Record]:
        self._queue_id = self._sender = self._at = None
        return ()

    @abstractmethod
    def recipient(self, line: str) -> str | None:
        """The waiting recipient of this line; empty if it is not named; None for any other line."""


class CourierQueueReader(PlainQueueReader):
    """Reads Courier's `mailq`: size, id and date; user and sender; then each recipient, with `done` or `fail`
    before those who do not wait."""

    program = "courier"
    _head = re.compile(r"\S+\s+([0-9A-F]{10,20}\.[0-9A-F.]{10,60})\s+([A-Z][a-z]{2} [ \d]\d \d\d:\d\d)")
    _user = re.compile(r"[a-z_][\w-]{2,31}(?: +(\S+))?")
    _to = re.compile(r" {17}(\S+)")
    _is_sender_next = False

    def recipient(self, line: str) -> str | None:
        head = self._head.match(line)
        if head is not None:
            self._queue_id, self._at = head[1], self.clock.stamp(f"{head[2]}:00")
            self._is_sender_next = True
            return None
        user = self._user.fullmatch(line) if self._is_sender_next else None
        if user is not None:
            self._sender, self._is_sender_next = user[1] or "", False
            return None
        to = self._to.fullmatch(line)
        return to[1] if to is not None else None


class DmaQueueReader(PlainQueueReader):
    """Reads `dma -bp`: lines `ID : `, `From : ` and `To : `; a star follows an id in progress."""

    program = "dma"
    _line = re.compile(r"(ID|From|To)\s*: ?(.*)")

    def recipient(self, line: str) -> str | None:
        match = self._line.fullmatch(line)
        if match is None:
            return None
        name, text = match[1], match[2].strip()
        if name == "ID":
            self._queue_id = text.rstrip("*")
        elif name == "From":
            self._sender = text
        return text if name == "To" else None


class NullmailerQueueReader(PlainQueueReader):
    """Reads nullmailer's `mailq`, which names no queue ids: the time and the sender are used instead."""

    program = "nullmailer"
    _head = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (\d{1,12}) bytes from <(.*)>")
    _to = re.compile(r"\s+to <(.*)>")

    def recipient(self, line: str) -> str | None:
        head = self._head.fullmatch(line)
        if head is not None:
            self._at, self._sender = self.clock.stamp(head[1]), head[3]
            self._queue_id = f"{head[1].replace(' ', 'T')}/{head[2]}"
            return None
        to = self._to.fullmatch(line)
        return to[1] if to is not None else None


class HarakaQueueReader(PlainQueueReader):
    """Reads `haraka -c DIR --qlist`, which has a domain and the number of recipients, but not their
    addresses."""

    program = "haraka"
    _line = re.compile(r"Q: (\S+) rcpt:(\d+) from:<(.*)> domain:\S*")

    def recipient(self, line: str) -> str | None:
        match = self._line.fullmatch(line)
        if match is None:
            return None
        self._queue_id, self._sender = match[1], match[3]
        number = match[2]
        self._count = min(int(number), RECIPIENTS) if len(number) < 10 else RECIPIENTS
        return "" if self._count else None
