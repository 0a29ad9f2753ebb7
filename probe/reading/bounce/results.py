"""What a delivery notice says, as far as it could be read."""

from __future__ import annotations

import re
from ipaddress import ip_address

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe._regex import regex
from probe.model.address import IPAddress
from probe.model.notice_reason import NoticeForm, NoticeReason, NoticeWhy
from probe.standards.dsn.address import mailboxes
from probe.standards.dsn.results import DeliveryStatus

_FIELD_LIMIT = 2000  # characters of a trace field
# From-domain and By-domain of a trace field; an address in brackets or parentheses before "by" that is not
# from EHLO is the client's
_TRACE = regex(r"\s*from\s(?P<client>.{0,800}?)\sby\s+(?P<by>[\w.-]{1,255})", re.IGNORECASE | re.DOTALL)
_TRACE_IP = regex(r"(?<!helo=)(?<!helo )[\[(](?:ipv6:)?([0-9a-f:.]{2,45})[\])]", re.IGNORECASE)
# The forward-path (RFC 5321 section 4.4, `For`)
_TRACE_FOR = regex(r"\bfor\s+<([^<>\s]{3,320})>", re.IGNORECASE)


class NoticeKind(StrEnum):
    """The kind of a message, for a sender who looks for bounces."""

    BOUNCE = "bounce"
    DELAY = "delay"
    AUTO_REPLY = "auto_reply"
    FEEDBACK = "feedback"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Trace:
    """A Received field (RFC 5321 section 4.4): the host that wrote it, in lower case, and the address of its
    client."""

    by: str
    client: IPAddress


@dataclass(frozen=True, slots=True)
class ReturnedMessage:
    """The headers of the returned message, as far as the notice has them; empty: not known.

    `reverse_path` is its envelope sender, from a Return-Path or the report; `received` are its Received
    fields, the newest first; `forwarded_to` the values of Delivered-To and its like; `is_automatic`: it is a
    notice or an automatic answer itself (RFC 5321 section 4.5.5, RFC 3834 section 5).
    """

    reverse_path: str = ""
    header_from: str = ""
    recipients: tuple[str, ...] = ()
    message_id: str = ""
    date: str = ""
    subject: str = ""
    forwarded_to: tuple[str, ...] = ()
    is_automatic: bool = False
    received: tuple[str, ...] = ()

    @property
    def delivered_to(self) -> tuple[str, ...]:
        """The recipients in its trace fields, which may differ from those of its To field."""
        addresses = (
            address for value in self.received for address in _TRACE_FOR.findall(value[:_FIELD_LIMIT])
        )
        return mailboxes(", ".join((*self.forwarded_to, *addresses)))

    @property
    def trace(self) -> Trace | None:
        """Its newest Received field: the last address before "by" is the client's, because the first may be
        from EHLO. None if it names no address."""
        match = _TRACE.match(self.received[0][:_FIELD_LIMIT]) if self.received else None
        if match is None:
            return None
        for text in reversed(_TRACE_IP.findall(match["client"])):
            try:
                return Trace(match["by"].lower().rstrip("."), ip_address(text))
            except ValueError:
                continue
        return None


@dataclass(frozen=True, slots=True)
class DeliveryNotice:
    """A judged message. `detail` says what it is if it is not a bounce; `layout` is the layout of its free
    text; `addressed_to` is the recipient of the notice itself, which is the reverse-path of what bounced (RFC
    5321 section 4.4); `problems` are clauses on what could not be read."""

    kind: NoticeKind
    form: NoticeForm
    recipients: tuple[DeliveryStatus, ...] = ()
    original: ReturnedMessage = ReturnedMessage()
    layout: str = ""
    addressed_to: str = ""
    problems: tuple[NoticeWhy, ...] = ()

    @property
    def ends_early(self) -> bool:
        """Whether the part that says what became of the message (RFC 3464) is cut off."""
        return any(why.tag is NoticeReason.ENDS_EARLY for why in self.problems)

    @property
    def is_cut(self) -> bool:
        """Whether what it says of a recipient may go on behind its end."""
        return self.ends_early or any(why.tag is NoticeReason.ENDS_WITHIN_LINE for why in self.problems)
