"""Messages that another server took with a 2yz whose words say that no mailbox gets them."""

from __future__ import annotations

from probe._dataclass import dataclass, field
from probe.maillog.groups import DOMAINS
from probe.maillog.operators import LOCAL, Operator
from probe.reading.log.event import Event, Speaker
from probe.reading.reply.disposition import Disposition, disposition

ROWS = 500  # pairs of operator and disposition


@dataclass(slots=True)
class Taken:
    """What one operator took and gave to nobody: how many recipients of messages, from when to when (seconds
    since 1970, 0 for none), of which domains (the first ones), and the first as an example."""

    operator: Operator
    disposition: Disposition
    example: Event
    sender: str | None
    messages: int = 0
    first: int = 0
    last: int = 0
    domains: dict[str, int] = field(default_factory=dict)


class NoMailbox:
    """Counts them by operator and disposition; those beyond ROWS in `others` alone."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, Disposition], Taken] = {}
        self.others = dict.fromkeys(Disposition, 0)

    def count(
        self, event: Event, what: Disposition, operator: Operator, sender: str | None, at: int | None
    ) -> None:
        """Count one recipient."""
        row = self.rows.get((operator.id, what))
        if row is None:
            if len(self.rows) >= ROWS:
                self.others[what] += 1
                return
            row = self.rows[(operator.id, what)] = Taken(operator, what, event, sender)
        row.messages += 1
        if at is not None:
            row.first = min(row.first or at, at)
            row.last = max(row.last, at)
        domain = (event.recipient or "").rpartition("@")[2].lower()
        if domain in row.domains or len(row.domains) < DOMAINS:
            row.domains[domain] = row.domains.get(domain, 0) + 1

    def of(self, operator: Operator) -> int:
        """How many this operator took for nobody."""
        return sum(it.messages for it in self.rows.values() if it.operator.id == operator.id)

    def total(self, what: Disposition) -> int:
        """How many had left this machine before."""
        rows = (
            it.messages for it in self.rows.values() if it.disposition is what and it.operator is not LOCAL
        )
        return sum(rows) + self.others[what]


def disposition_of(event: Event) -> Disposition | None:
    """What the other server says of a message that it took; None for nothing."""
    words = event.words
    return disposition(words.text) if words is not None and words.speaker is Speaker.REMOTE else None
