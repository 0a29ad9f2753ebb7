"""The event of one line of a mail log of any program. No IO, nothing is judged.

Foreign words are unescaped here; only `probe.report` escapes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe._named_tuple import NamedTuple
from probe.model.reply import Stage


class Kind(StrEnum):
    """What kind of thing happened."""

    ATTEMPT = "attempt"  # one recipient, one attempt to hand the message on, one outcome
    QUEUE = "queue"  # what the queue did with a message without trying: expired, held, removed
    REFUSAL = "refusal"  # our own server refused, or changed, a client's command


class Status(StrEnum):
    """The result; the program's own word is in `Event.word`."""

    SENT = "sent"  # the next hop has it
    DEFERRED = "deferred"
    BOUNCED = "bounced"  # given up for good; the sender is told
    EXPIRED = "expired"  # too long in the queue; the reason is the deferral before it (`Event.earlier`)
    REJECTED = "rejected"  # REFUSAL: the client was refused
    HELD = "held"  # waits until an operator releases it
    DISCARDED = "discarded"  # discarded without notice to sender or client
    RELEASED = "released"  # no longer HELD: it will be tried again
    REMOVED = "removed"  # an operator took the message out of the queue
    DROPPED = "dropped"  # an operator took one recipient out of the queue
    FORWARDED = "forwarded"  # became another message of the same queue, which has the final result
    EXPANDED = "expanded"  # alias or list: further recipients took its place
    QUEUED = "queued"  # waits, without a known failure
    PROBE = "probe"  # an address probe of our own server; no message was sent


class Speaker(StrEnum):
    """Whose words they are."""

    REMOTE = "remote"  # the server that the message was handed to
    LOCAL = "local"  # our own mail server's
    SETTING = "setting"  # what our own mail server is set up to say
    PROGRAM = "program"  # a delivery command or library that our server ran


_NAMED = 100  # recipients that are remembered with the words about them


class Words(NamedTuple):
    """The words without the wrapping of the log, one line for each line of the reply, as far as the log
    separates them. `cut`: the log has only a part of it. `recipients`: those whose names stand in them, where
    they are told of several and may be about one."""

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

    def named(self) -> frozenset[str | None]:
        """Those of several recipients whom they are about: by their address, else by the local part alone.
        Empty if they name none, or too many."""
        if len(self.recipients) == _NAMED:
            return frozenset()
        text = self.text.lower()
        return frozenset([it for it in self.recipients if it.lower() in text] or self.recipients)


@dataclass(frozen=True, slots=True)
class Relay:
    """The next hop as the log names it; None for values that the log does not have.

    `ip` is the text between the brackets: or the path of a socket.
    """

    host: str | None
    ip: str | None = None
    port: int | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether it is a hop to a filter on the same machine, not a delivery."""
        address = self.ip or ""
        return address.startswith(("127.", "::1", "IPv6:::1", "::ffff:127.")) or (
            not address and self.host in ("localhost", "localhost.localdomain")
        )


@dataclass(frozen=True, slots=True)
class Stamp:
    """The time, as precise as in the log.

    `at` has a zone if the log names one, else it is the server's local time. `has_year`: the year is in the
    log; otherwise it was inferred from the time of the file.
    """

    at: datetime
    has_year: bool = True

    @property
    def has_zone(self) -> bool:
        return self.at.tzinfo is not None


class Event(NamedTuple):
    """One attempt, one decision of the queue, or one refusal of our own server.

    Values that the log does not have are None; an empty `sender` is the null reverse-path (RFC 5321 section
    4.5.5). `dsn` is the status that the *program* logged: it may differ from the reply. `repeats`: no
    attempt was made; the words are those of an older failure. `earlier`: for an event without its own
    reason, the words of the last deferral before it; for one that follows from something else, the words on
    that. `cut`: the line ends before its time. `delay_s` counts from the arrival of the message, `delays`
    are its parts (Postfix: before queue manager, in it, connection, transmission). `client` is who was
    refused (REFUSAL). `recipient_count`: how many recipients it is about, if it names none of them;
    `domain`: that of the recipients then, where it is told. `is_late`: a bounce that came back after the next
    hop had taken the message (SENT); its queue id may be that of the bounce.

    (A named tuple: a log has millions, and a frozen dataclass of this size takes six times as long.)
    """

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
    recipient_count: int = 1
    domain: str | None = None
    is_late: bool = False

    @property
    def stage(self) -> Stage | None:
        """The stage of the dialogue, if the log has it."""
        return self.words.stage if self.words is not None else None

    @property
    def reply(self) -> Words | None:
        """The remote server's own words; None where it said nothing."""
        return self.words if self.words is not None and self.words.speaker is Speaker.REMOTE else None


@dataclass(frozen=True, slots=True)
class UnparsedLine:
    """A line that looks like a delivery, or a refusal, but was not understood; `why` is for a person."""

    file: str
    line: int
    data: bytes
    why: str


Record = Event | UnparsedLine
END = (None, 1, None, False)  # the last fields of an event that is no refusal, from `client` on
