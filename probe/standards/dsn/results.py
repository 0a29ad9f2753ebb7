"""What a delivery status notification says of one recipient (RFC 3464)."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from probe._dataclass import dataclass, fields
from probe._enum import StrEnum
from probe.model.reply import EnhancedStatus, Stage


class Action(StrEnum):
    """Action of RFC 3464 section 2.3.3; UNKNOWN where a notice has none or an invented one."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """What became of the message for one recipient.

    `recipient` is the final recipient, empty where the notice names none; `original_recipient` the one
    that the sender wrote, where it differs, else empty; `actual_recipient` what the reporting server made
    of the final one by an alias or a forward (Sendmail's X-Actual-Recipient), else empty. `reply` is the
    remote server's reply as it stands in the notice, on one line, with its codes; where the sending
    server never got one, its own words. `is_remote` says which. `added` is the text in which the sending
    server wrapped it, empty when none.
    `status` is the remote server's specific one where it gave one; `reported_status` what the report's
    own Status field says. `stage` only where the notice names it: RFC 3464 has no field for it.
    `has_ended`: the message was given up, although the action is "delayed"; `is_copied`: the sending server
    gives the reply to one recipient as the one to all; `is_fetched`: the message had been delivered to a
    mailbox, and the report is from a program that took it out of there; `comment` what stands in parentheses
    behind the status.
    """

    recipient: str
    original_recipient: str = ""
    action: Action = Action.UNKNOWN
    status: EnhancedStatus | None = None
    reporting_mta: str = ""
    remote_mta: str = ""
    reply: str = ""
    is_remote: bool = False
    stage: Stage | None = None
    added: str = ""
    reported_status: EnhancedStatus | None = None
    actual_recipient: str = ""
    has_ended: bool = False
    is_copied: bool = False
    is_fetched: bool = False
    comment: str = ""

    def with_values(self, **values: Any) -> DeliveryStatus:
        """The same with these values of its fields; itself if it has them, which is faster."""
        for name, value in values.items():
            if getattr(self, name) != value:
                return DeliveryStatus(**dict(zip(_NAMES, _values_of(self), strict=True)) | values)
        return self

    @property
    def names(self) -> frozenset[str]:
        """All addresses by which the notice calls this recipient, in lower case."""
        names = (self.recipient, self.original_recipient, self.actual_recipient)
        return frozenset([name.lower() for name in names if name])


_NAMES = tuple(field.name for field in fields(DeliveryStatus))
_values_of = attrgetter(*_NAMES)
