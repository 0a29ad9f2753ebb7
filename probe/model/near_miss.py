"""A TXT record in the place of an SPF, DKIM or DMARC record that is not one, but nearly."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum


class Place(StrEnum):
    """The record that belongs somewhere; the value is its name in reports."""

    SPF = "SPF"
    DKIM = "DKIM"
    DMARC = "DMARC"


class NearMissReason(StrEnum):
    """Why a record is not valid as the one that was meant."""

    QUOTATION_MARKS = "quotation_marks"  # they are part of it
    INVISIBLE_CHARACTER = "invisible_character"
    LEADING_SPACE = "leading_space"
    OTHER_RECORD = "other_record"  # one of another kind
    OTHER_BEGINNING = "other_beginning"
    HOST_NAME = "host_name"  # the target of a CNAME


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A reason with the values that its sentence uses. `place` is the record that belongs there, `excerpt` is
    the text found there (unescaped), `character` an invisible character ("U+00A0"), `other` the kind of
    record found instead, `beginning` how it begins."""

    tag: NearMissReason
    place: Place
    excerpt: str
    character: str = ""
    other: Place | None = None
    beginning: str = ""
