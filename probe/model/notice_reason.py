"""What a message is that was read as a delivery notice, and what could not be read of it: words and
values."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum


class NoticeForm(StrEnum):
    """What a message is. Its words stand in the table `notice_form` of reasons.toml."""

    BOUNCE = "bounce"
    BOUNCE_WITHOUT_RECIPIENT = "bounce_without_recipient"  # it names none
    DELAY = "delay"
    SUCCESS = "success"  # delivered, relayed or expanded
    REQUESTED = "requested"  # a report that somebody asked for
    ABUSE_REPORT = "abuse_report"
    TLS_REPORT = "tls_report"
    DMARC_REPORT = "dmarc_report"
    RECEIPT = "receipt"
    CHALLENGE = "challenge"
    DECLARED_REPLY = "declared_reply"  # automatic, by the header field that RFC 3834 has for it
    AUTOMATIC_REPLY = "automatic_reply"
    NO_MESSAGE = "no_message"
    ORDINARY = "ordinary"


class NoticeReason(StrEnum):
    """What of a message could not be read as it was meant, or is not what it seems."""

    BYTE_ORDER_MARK = "byte_order_mark"
    MANY_PARTS = "many_parts"
    NESTED_PARTS = "nested_parts"
    LONG_TEXT = "long_text"
    CUT_SHORT = "cut_short"
    ENDS_EARLY = "ends_early"  # before the end of its delivery status
    ENDS_WITHIN_LINE = "ends_within_line"  # of its own text
    MANY_RECIPIENTS = "many_recipients"
    PARTS_BEHIND = "parts_behind"  # the message that was returned
    COPIED_REPLY = "copied_reply"  # one recipient's, for all
    FETCHED_MAIL = "fetched_mail"  # it had been delivered


@dataclass(frozen=True, slots=True)
class NoticeWhy:
    """A reason with the values that its sentence names; the others are empty. `charset` is what the file was
    read as, `most` a limit: of octets, parts, levels or recipients."""

    tag: NoticeReason
    charset: str = ""
    most: int | None = None
