"""What breaks the tag=value list of a DKIM or DMARC record (RFC 6376 section 3.2)."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum


class TagListReason(StrEnum):
    """What is wrong with one part of the list."""

    NO_TAG_VALUE = "no_tag_value"
    TAG_NAME = "tag_name"  # what stands before the = is no name
    SECOND_VALUE = "second_value"  # of a name that occurred before


@dataclass(frozen=True, slots=True)
class TagListWhy:
    """A reason with the values that its sentence uses; the others are empty. `part` counts from 1, `excerpt`
    is its beginning (unescaped), `name` the name of the tag."""

    tag: TagListReason
    part: int | None = None
    excerpt: str = ""
    name: str = ""
