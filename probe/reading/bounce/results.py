"""What a delivery notice says, as far as it could be read."""

from __future__ import annotations

from enum import StrEnum

from probe._dataclass import dataclass
from probe.model.address import IPAddress
from probe.model.notice_reason import NoticeForm, NoticeWhy
from probe.standards.dsn.results import DeliveryStatus


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

    `reverse_path` is its envelope sender, from a Return-Path or the report; `delivered_to` are the recipients
    in its trace fields, which may differ from its To field; `trace` is its newest Received field, None if
    that names no address.
    """

    reverse_path: str = ""
    header_from: str = ""
    recipients: tuple[str, ...] = ()
    message_id: str = ""
    date: str = ""
    subject: str = ""
    delivered_to: tuple[str, ...] = ()
    trace: Trace | None = None


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
