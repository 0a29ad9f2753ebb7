"""What one line of a mail log says, whichever program wrote it. No IO, nothing judged.

A stranger's words stand here as they were said; only `probe.report` makes them fit to be shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from probe.model.reply import Stage


class Kind(StrEnum):
    """What kind of thing happened."""

    ATTEMPT = "attempt"  # one recipient, one attempt to hand the message on, one outcome
    QUEUE = "queue"  # what the queue did with a message without trying: expired, held, removed
    REFUSAL = "refusal"  # our own server refused, or did not take as asked, what a client brought


class Status(StrEnum):
    """How it ended; the program's own word stands beside it in `Event.word`."""

    SENT = "sent"  # the next hop has it
    DEFERRED = "deferred"
    BOUNCED = "bounced"  # given up for good; the sender is told
    EXPIRED = "expired"  # too long in the queue; the reason is the deferral before it (`Event.earlier`)
    REJECTED = "rejected"  # REFUSAL: the client was told no
    HELD = "held"  # waits until an operator releases it
    DISCARDED = "discarded"  # thrown away, with the sender or client told nothing
    RELEASED = "released"  # no longer HELD: it will be tried again
    REMOVED = "removed"  # an operator took the message out of the queue
    DROPPED = "dropped"  # an operator took one recipient out of the queue
    FORWARDED = "forwarded"  # became another message of the same queue; its fate stands there
    EXPANDED = "expanded"  # alias or list: further recipients took its place
    QUEUED = "queued"  # waits, and nothing is said of a failure
    PROBE = "probe"  # an address probe of our own server; no message was on its way


class Speaker(StrEnum):
    """Whose words they are."""

    REMOTE = "remote"  # the server that the message was handed to
    LOCAL = "local"  # our own mail server's
    PROGRAM = "program"  # a delivery command or library that our server ran


_NAMED = 100  # recipients that are remembered with the words about them


class Words(NamedTuple):
    """What was said, with the wrapping of the log taken off, one line for each line of the reply that the
    log lets us tell apart. `cut`: the log holds only a part of it. `recipients`: those whose names stand
    in them, where they are told of several and may be about one."""

    speaker: Speaker
    text: str
    stage: Stage | None = None
    cut: bool = False
    recipients: tuple[str, ...] = ()

    def about(self, recipients: Sequence[str | None]) -> Words:
        """The same, told of several recipients."""
        if len(recipients) < 2:
            return self
        names = (
            it for it in recipients if it and it.rpartition("@")[0].strip('"').lower() in self.text.lower()
        )
        return self._replace(recipients=tuple(islice(names, _NAMED)))


@dataclass(frozen=True, slots=True)
class Relay:
    """The next hop as the log names it; what the log does not tell is None.

    `ip` is the text between the brackets: a socket's path, where the next hop is one."""

    host: str | None
    ip: str | None = None
    port: int | None = None

    @property
    def is_loopback(self) -> bool:
        """A hop to a filter on the same machine, not a delivery to anybody else."""
        address = self.ip or ""
        return address.startswith(("127.", "::1", "IPv6:::1", "::ffff:127.")) or (
            not address and self.host in ("localhost", "localhost.localdomain")
        )


@dataclass(frozen=True, slots=True)
class Stamp:
    """When, as precisely as the log tells.

    `at` has a zone where the log names one and none where it does not (the server's local time then).
    `has_year`: the log gives the year; else it was told from the time of the file."""

    at: datetime
    has_year: bool = True

    @property
    def has_zone(self) -> bool:
        return self.at.tzinfo is not None


class Event(NamedTuple):
    """One attempt, one decision of the queue, or one refusal of our own server.

    What the log does not tell is None; an empty `sender` is the null reverse-path (RFC 5321 section 4.5.5).
    `dsn` is the status that the *program* logged: it may be its own, whatever the reply says. `repeats`: no
    attempt was made; the words are those of an older failure. `earlier`: of an event that has no reason of
    its own, the words of the last deferral before it. `cut`: the line ends before its time. `delay_s` counts
    from the arrival of the message, `delays` are its parts (Postfix: before queue manager, in it, connection,
    transmission). `client` is who was refused (REFUSAL).

    (A named tuple: a log has millions, and a frozen dataclass of this size takes six times as long.)"""

    file: str
    line: int
    kind: Kind
    status: Status
    word: str
    at: Stamp | None = None
    program: str | None = None
    queue_id: str | None = None
    message_id: str | None = None
    sender: str | None = None
    recipient: str | None = None
    orig_to: str | None = None
    relay: Relay | None = None
    source_ip: str | None = None
    dsn: str | None = None
    words: Words | None = None
    earlier: Words | None = None
    repeats: bool = False
    cut: bool = False
    delay_s: float | None = None
    delays: tuple[float, ...] = ()
    tls: str | None = None
    client: Relay | None = None

    @property
    def stage(self) -> Stage | None:
        """Where in the dialogue it happened, if the log tells."""
        return self.words.stage if self.words is not None else None

    @property
    def reply(self) -> Words | None:
        """The remote server's own words; None where it said nothing."""
        return self.words if self.words is not None and self.words.speaker is Speaker.REMOTE else None


@dataclass(frozen=True, slots=True)
class UnparsedLine:
    """A line that looks like a delivery, or a refusal, and was not understood; `why` is for the log's
    reader."""

    file: str
    line: int
    data: bytes
    why: str


Record = Event | UnparsedLine
