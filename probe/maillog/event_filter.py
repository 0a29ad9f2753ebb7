"""The user's filter: a period, senders, recipients, domains, a queue id, outcomes."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.maillog.groups import Fate
from probe.reading.log.event import Event
from probe.reading.log.period import Period


@dataclass(frozen=True, slots=True)
class EventFilter:
    """None, or an empty set, means no condition. Addresses are compared case-insensitively; `sender` may be a
    domain, or empty for the null reverse-path."""

    period: Period | None = None
    sender: str | None = None
    recipient: str | None = None
    domain: str | None = None
    queue_id: str | None = None
    fates: frozenset[Fate] = frozenset()

    @property
    def needs_senders(self) -> bool:
        return self.sender is not None

    @property
    def is_open(self) -> bool:
        """Whether every event is wanted."""
        return self == EventFilter(fates=self.fates)

    def holds(self, event: Event) -> bool:
        """Whether the event matches. With a period, an event without a time does not; nor does one that lacks
        a requested value."""
        if self.period is not None and not self.period.holds(event.at):
            return False
        if self.queue_id is not None and event.queue_id != self.queue_id:
            return False
        if self.recipient is not None and not _is(event.recipient, self.recipient):
            return False
        whom = event.recipient if event.recipient is not None else event.domain
        if self.domain is not None and not _is_at(whom, self.domain):
            return False
        if self.sender is None:
            return True
        if not self.sender or "@" in self.sender:
            return _is(event.sender, self.sender)
        return _is_at(event.sender, self.sender)


def _is(name: str | None, other: str) -> bool:
    return name is not None and name.lower() == other.lower()


def _is_at(address: str | None, domain: str) -> bool:
    return address is not None and address.rpartition("@")[2].lower() == domain.lower()
