"""A TXT record that stands where an SPF, DKIM or DMARC record belongs and is none: what it nearly is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """The record that belongs somewhere; the value is its name for a reader."""

    SPF = "SPF"
    DKIM = "DKIM"
    DMARC = "DMARC"


class NearMissReason(StrEnum):
    """Why a record is not the one that it was meant to be."""

    QUOTATION_MARKS = "quotation_marks"  # they are part of it
    INVISIBLE_CHARACTER = "invisible_character"
    LEADING_SPACE = "leading_space"
    OTHER_RECORD = "other_record"  # one of another kind
    OTHER_BEGINNING = "other_beginning"
    HOST_NAME = "host_name"  # the target of a CNAME


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A reason with the values that its sentence names. `place` is the record that belongs there, `excerpt`
    what stands there (a stranger's), `character` the one that is invisible ("U+00A0"), `other` the kind of
    record that it is instead, `beginning` how it begins."""

    tag: NearMissReason
    place: Place
    excerpt: str
    character: str = ""
    other: Place | None = None
    beginning: str = ""
