"""What is wrong with a message given with --message: words and values, no sentences."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.address_reason import AddressWhy


class MessageReason(StrEnum):
    """What breaks the form of a message (RFC 5322), or kept it from being read completely."""

    BYTE_ORDER_MARK = "byte_order_mark"
    SEVERAL_FIELDS = "several_fields"
    NO_FIELD = "no_field"
    NO_DATE = "no_date"  # the field has no valid date
    NO_AUTHOR = "no_author"
    AUTHOR_ADDRESS = "author_address"
    LONG_LINE = "long_line"
    LONG_HEAD = "long_head"
    NESTED_PARTS = "nested_parts"
    MANY_PARTS = "many_parts"
    CUT_SHORT = "cut_short"


@dataclass(frozen=True, slots=True)
class MessageWhy:
    """A reason with the values that its sentence uses; the others are empty. `field` is the name of a header
    field, `charset` what the message was read as, `count` of fields or octets, `most` a limit, `address`
    why one of the author is none."""

    tag: MessageReason
    field: str = ""
    charset: str = ""
    count: int | None = None
    most: int | None = None
    address: AddressWhy | None = None


class SubjectReason(StrEnum):
    """What is wrong with a subject in the eyes of a content filter."""

    EMPTY = "empty"
    CAPITALS = "capitals"
    PUNCTUATION = "punctuation"
    FALSE_THREAD = "false_thread"  # it looks like an answer, but the message continues no thread
    PHRASE = "phrase"
    LONG = "long"
    HIDDEN_CHARACTERS = "hidden_characters"


@dataclass(frozen=True, slots=True)
class SubjectWhy:
    """A reason with the values that its sentence names; the others are empty. `text` is what the subject says
    (a stranger's), `count` its length in characters."""

    tag: SubjectReason
    text: str = ""
    count: int | None = None
