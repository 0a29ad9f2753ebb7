"""Groups of failures: by who must act, operator and cause. All their contents are limited."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.maillog.bins import Bins, Durations
from probe.maillog.operators import Operator
from probe.maillog.reasons import Reason
from probe.model.verdict import FixBy
from probe.reading.log.event import Event

DOMAINS = 50  # of one group, by name
TEMPLATES = 20  # of one group, by their words
SOURCES = 8  # addresses of ours, in one group

Key = tuple[FixBy, str, str]


class Fate(StrEnum):
    """The state of one recipient of one message."""

    SENT = "sent"
    DEFERRED = "deferred"  # waits
    BOUNCED = "bounced"
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # removed from the queue by an operator, or held


@dataclass(slots=True)
class Wording:
    """One template of a group: the number of messages, and an example event."""

    reason: Reason
    example: Event
    sender: str | None
    messages: int = 0


class Group:
    """One row of the table. `messages` counts recipients of messages by their fate; DEFERRED still wait.
    `attempts` were really made, `queue_tries` of them for a whole queue without naming a message; `repeats`
    are only repeated log lines. Times in seconds since 1970, 0 for none."""

    __slots__ = (
        *("attempts", "bins", "cause", "cured", "domains", "first", "fresh", "last", "messages", "operator"),
        *("other_domains", "other_wordings", "queue_tries", "reason", "repeats", "sources", "wordings"),
    )

    def __init__(self, reason: Reason, operator: Operator) -> None:
        self.reason = reason
        self.cause = reason.conclusion.cause.id
        self.operator = operator
        self.messages = dict.fromkeys(Fate, 0)
        self.attempts = self.queue_tries = self.repeats = self.fresh = self.first = self.last = 0
        self.bins = Bins()
        self.cured = Durations()
        self.domains: dict[str, int] = {}
        self.other_domains = 0
        self.wordings: dict[str, Wording] = {}
        self.other_wordings = 0
        self.sources: set[str] = set()

    def note_time(self, at: int | None) -> None:
        """Note the time of an event of this group."""
        if at is None:
            return
        if not self.first or at < self.first:
            self.first = at
        self.last = max(self.last, at)

    def enter(self, fate: Fate, domain: str, key: str, count: int = 1) -> None:
        """Add that many messages (negative: remove) with this fate for this reason."""
        self.messages[fate] += count
        domains = self.domains
        if domain in domains or len(domains) < DOMAINS:
            domains[domain] = domains.get(domain, 0) + count
        else:
            self.other_domains += count
        wording = self.wordings.get(key)
        if wording is not None:
            wording.messages += count
        else:
            self.other_wordings += count


class WaitingRecipient:
    """A recipient that was deferred: why, since when, how often. `event` is the last one, if events are kept;
    `orig_to` the alias or list that it replaces."""

    __slots__ = ("attempts", "domain", "event", "first", "group", "key", "last", "orig_to", "recipient")

    def __init__(
        self, recipient: str, orig_to: str | None, domain: str, group: Group, key: str, at: int | None
    ) -> None:
        self.recipient = recipient
        self.orig_to = orig_to
        self.domain = domain
        self.group = group
        self.key = key
        self.first = self.last = at
        self.attempts = 0
        self.event: Event | None = None
