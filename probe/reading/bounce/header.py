"""The header section of a message or part, as far as a reader of bounces looks at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from probe._named_tuple import NamedTuple

Fields = Mapping[str, Sequence[str]]
"""The fields by their names in lower case: the values as they stand, in order, still folded."""
Parameters = tuple[tuple[str, str], ...]

DEFAULT_TYPE = "text/plain"
NO_FIELDS: Fields = {}


class Header(NamedTuple):
    """`content_type` is lower case, text/plain if there is none or a wrong one; `parameters` its parameters,
    names in lower case; `is_attached`: the part is an attachment (RFC 2183)."""

    fields: Fields
    content_type: str
    parameters: Parameters
    is_attached: bool


NOTHING = Header(NO_FIELDS, DEFAULT_TYPE, (), False)
