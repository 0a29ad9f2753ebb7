"""What the own server's mail log says about one sender and recipient, and about other mail to the same
operator."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.address import IPAddress
from probe.model.reply import Stage


class LogFate(StrEnum):
    """The fate of a message, by the log."""

    SENT = "sent"  # the other side has it
    DEFERRED = "deferred"  # it waits
    BOUNCED = "bounced"
    EXPIRED = "expired"  # given up after its time in the queue
    UNKNOWN = "unknown"  # removed from the queue


@dataclass(frozen=True, slots=True)
class LoggedDelivery:
    """The last entry of the log for the pair. `at` is an RFC 3339 time in UTC, or empty; `words` are those of
    the remote server if `is_remote`, else the own server's; `stage` is the command that they answer, if the
    log has it. `file` and `line`: their place. Texts that the log does not have are empty."""

    status: LogFate
    at: str
    attempts: int
    queue_id: str
    reverse_path: str
    recipient: str
    relay_host: str
    relay_ip: str
    source_ip: IPAddress | None
    words: str
    is_remote: bool
    stage: Stage | None
    file: str
    line: int

    @property
    def is_failure(self) -> bool:
        """Whether the message was not delivered, and the log says why."""
        return self.status is not LogFate.SENT and bool(self.words)

    @property
    def is_given_up(self) -> bool:
        """Whether no further attempt is made."""
        return self.status in (LogFate.BOUNCED, LogFate.EXPIRED)


@dataclass(frozen=True, slots=True)
class LoggedVolume:
    """The volume to one operator of mail servers. All counts are recipients, except `tried_last_hour`,
    `tried_last_day` (of the log) and `peak_minute`, which are attempts. `waiting` are still in the queue,
    `cured` of the `delivered` were deferred first, `expired` were deferred until they were given up. Times as
    in `LoggedDelivery`."""

    operator: str
    title: str
    delivered: int
    cured: int
    waiting: int
    refused: int
    expired: int
    tried_last_hour: int
    tried_last_day: int
    peak_minute: int
    peak_at: str

    @property
    def recipients(self) -> int:
        """All of them."""
        return self.delivered + self.waiting + self.refused + self.expired

    @property
    def share_deferred(self) -> float:
        """The part of the recipients that were deferred at least once, from 0 to 1."""
        whole = self.recipients
        return (self.cured + self.waiting + self.expired) / whole if whole else 0.0


@dataclass(frozen=True, slots=True)
class LogAccount:
    """The contents of the log of --log. `names` are its files. `delivery` is None if there is none for the
    pair; `others` counts messages to the same recipient from other senders; `volume` is None where nothing
    went to the operator."""

    names: tuple[str, ...]
    first_at: str
    last_at: str
    delivery: LoggedDelivery | None
    others: int
    volume: LoggedVolume | None
