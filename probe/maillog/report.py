"""What `smtp-probe log` reports. Field names and order are those of the published JSON (smtp-probe.log/1).

Times are RFC 3339, in UTC; None where the log tells none. A message that has several recipients counts
once for
each: every one has its own fate.
"""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.evidence import Band
from probe.model.report_tool import ReportTool
from probe.model.verdict import ExitCode, FixBy, Retry
from probe.reading.reply.disposition import Disposition

SCHEMA = "smtp-probe.log/1"
# Formats of queue listings.
QUEUES = frozenset(
    (
        *("postqueue", "mailq", "exim-queue", "smtpctl"),
        *("courier-queue", "dma-queue", "nullmailer-queue", "haraka-queue"),
    )
)


class Since(StrEnum):
    """The change of a group since the last report of the same state file."""

    NEW = "new"
    TRIPLED = "tripled"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class LogFileRead:
    """One input. `lines` is `read + unparsed + other`; `problem` says what was lost of it, or is empty."""

    name: str
    format: str
    lines: int
    read: int
    unparsed: int
    other: int
    problem: str


@dataclass(frozen=True, slots=True)
class LogTotals:
    """Recipients of messages by what became of them. `messages` is the sum of `sent`, `deferred`, `bounced`,
    `expired` and `removed`. `cured` of the `sent` had been deferred first. `attempts` failed, `repeats`
    were no
    attempts: the log told an older failure again. `local` were put into mailboxes of this server, `internal`
    went to a filter of this machine, `refused` is what this server refused others. `held` are on hold until
    somebody releases them; `held_counted` of these failed before and are counted by that, too. `queued` wait
    without a reason that would be told; `dropped` were taken out by hand before any failure was told.
    `discarded` and `quarantined` of the `sent` are in no mailbox, by the words of the server that took them:
    `share_delivered` leaves them out. `discards` were thrown away by this server itself; they
    are not in `messages`."""

    messages: int
    sent: int
    cured: int
    deferred: int
    bounced: int
    expired: int
    removed: int
    share_delivered: float | None
    attempts: int
    repeats: int
    local: int
    internal: int
    held: int
    queued: int
    refused: int
    held_counted: int
    dropped: int
    discarded: int
    quarantined: int
    discards: int

    @property
    def in_no_mailbox(self) -> int:
        """How many messages others took and gave to nobody."""
        return self.discarded + self.quarantined


@dataclass(frozen=True, slots=True)
class LogCount:
    """A name and how many messages."""

    name: str
    messages: int


@dataclass(frozen=True, slots=True)
class LogWording:
    """One kind of words: a template, and one message's words as they were. `is_remote`: a remote server said
    them; else they are the own server's. `code` and `enhanced_status` stand in the remote server's words."""

    template: str
    messages: int
    is_remote: bool
    code: int | None
    enhanced_status: str | None
    example: str
    stage: str
    queue_id: str | None
    sender: str | None
    recipient: str | None
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class LogGroup:
    """One matter: who must act, at whose servers, for which cause. `messages` failed or wait; `cured` more
    were
    delivered later, half of them within `cured_after_s`, the last after `cured_longest_s`. `bar` counts
    failed attempts in equal parts of the period. `fresh`: attempts since the last report.
    `queue_tries`: those of the attempts that were for a whole queue and name no message."""

    fix_by: FixBy
    operator: str
    operator_title: str
    cause: str
    title: str
    band: Band
    probability: float
    retry: Retry
    retry_after_s: int | None
    steps: tuple[int, ...]
    action: str
    messages: int
    deferred: int
    bounced: int
    expired: int
    removed: int
    cured: int
    cured_after_s: int | None
    cured_longest_s: int | None
    attempts: int
    repeats: int
    fresh: int
    first_at: str | None
    last_at: str | None
    bar: tuple[int, ...]
    domains: tuple[LogCount, ...]
    other_domains: int
    wordings: tuple[LogWording, ...]
    other_wordings: int
    source_ips: tuple[str, ...]
    since_last: Since | None
    command: str
    queue_tries: int = 0

    @property
    def failures(self) -> int:
        """The messages; where the log names none, the tries of whole queues."""
        return self.messages or self.queue_tries


@dataclass(frozen=True, slots=True)
class LogTaken:
    """Messages that one operator took with a 2yz and gave to nobody, by its own words; `local` is a filter of
    this machine, whose messages are not among the `sent`. The words, and what follows, are of the first."""

    disposition: Disposition
    operator: str
    operator_title: str
    messages: int
    first_at: str | None
    last_at: str | None
    domains: tuple[LogCount, ...]
    example: str
    queue_id: str | None
    sender: str | None
    recipient: str | None
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class LogVolume:
    """What went to one operator: what it took (of that `in_no_mailbox` was discarded or is in quarantine, by
    its words), failed attempts, all attempts in the last hour and day of the period, and the most in one
    minute."""

    operator: str
    operator_title: str
    sent: int
    failed: int
    last_hour: int
    last_day: int
    peak_minute: int
    peak_at: str | None
    in_no_mailbox: int

    @property
    def delivered(self) -> int:
        return self.sent - self.in_no_mailbox


@dataclass(frozen=True, slots=True)
class LogGone:
    """A group of the last report that is not in this one."""

    fix_by: FixBy
    operator_title: str
    title: str
    last_at: str | None


@dataclass(frozen=True, slots=True)
class LogNews:
    """Beside the last report of the same state file; `previous_at` is None for the first one."""

    previous_at: str | None
    new: int
    tripled: int
    gone: tuple[LogGone, ...]
    new_source_ips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogRefusal:
    """A kind of refusal by this server itself, of what others brought."""

    template: str
    count: int


@dataclass(frozen=True, slots=True)
class LogAttempt:
    """One thing that happened to a recipient of the message that was asked for (--queue-id)."""

    at: str | None
    recipient: str | None
    status: str
    relay: str | None
    relay_ip: str | None
    stage: str
    is_remote: bool
    words: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class LogReport:
    """All of it. `history` is that of one message, where one was asked for; `notes` are sentences about
    what is odd, or was left out; `utc_offset_s` is that of this machine's zone at the end of the period, in
    which people are told times."""

    schema: str
    tool: ReportTool
    files: tuple[LogFileRead, ...]
    first_at: str | None
    last_at: str | None
    utc_offset_s: int
    totals: LogTotals
    groups: tuple[LogGroup, ...]
    history: tuple[LogAttempt, ...]
    volumes: tuple[LogVolume, ...]
    refusals: tuple[LogRefusal, ...]
    news: LogNews | None
    notes: tuple[str, ...]
    exit_code: ExitCode
    no_mailbox: tuple[LogTaken, ...] = ()
