"""The outcome for one recipient of one message, when it is known or the log has ended."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.maillog.groups import Fate
from probe.maillog.reasons import Reason
from probe.reading.log.event import Event


@dataclass(frozen=True, slots=True)
class Outcome:
    """`event` is the last one of the recipient, `reason` why it failed or waited, None for a plain delivery.
    `first` in seconds since 1970, `delivered_after` in seconds since then."""

    fate: Fate
    event: Event
    reason: Reason | None
    first: int | None
    attempts: int
    delivered_after: int | None = None
