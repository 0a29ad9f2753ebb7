"""What a delivery notice says, as far as it could be read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from probe.model.address import IPAddress
from probe.model.notice_reason import NoticeForm, NoticeWhy
from probe.standards.dsn.results import DeliveryStatus


class NoticeKind(StrEnum):
    """What a message is in the eyes of a sender who looks for bounces."""

    BOUNCE = "bounce"
    DELAY = "delay"
    AUTO_REPLY = "auto_reply"
    FEEDBACK = "feedback"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Trace:
    """A Received field (RFC 5321 section 4.4): the host that wrote it, in small letters, and the address at
    which that saw its client."""

    by: str
    client: IPAddress


@dataclass(frozen=True, slots=True)
class ReturnedMessage:
    """The headers of the message that came back, as far as the notice returned them; empty: not known.

    `reverse_path` is its envelope sender, where a Return-Path or the report tells it; `delivered_to` whom
    its trace fields name as recipients, which its To field need not do; `trace` its newest Received field,
    None where that names no address.
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
    """A whole message, judged. `detail` says in words what it is when it is no bounce; `layout` names
    the layout its free text was read by; `addressed_to` whom the notice itself went to, which is the
    reverse-path of what bounced (RFC 5321 section 4.4); `problems` are clauses on what could not be read."""

    kind: NoticeKind
    form: NoticeForm
    recipients: tuple[DeliveryStatus, ...] = ()
    original: ReturnedMessage = ReturnedMessage()
    layout: str = ""
    addressed_to: str = ""
    problems: tuple[NoticeWhy, ...] = ()
