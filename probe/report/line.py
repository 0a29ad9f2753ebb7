"""A line of a document: the program's own words are plain strings, other content has a type.

Text from outside is unescaped, in `Raw` or `Code`. Only writers escape.
"""

from __future__ import annotations

from typing import TypeAlias, assert_never

from probe._named_tuple import NamedTuple


class Raw(NamedTuple):
    """Text from outside, or containing such text; not escaped. Shown as text."""

    text: str


class Code(NamedTuple):
    """Text to copy or compare exactly: a command, an address, a reply; not escaped."""

    text: str


class Emphasis(NamedTuple):
    """An emphasised word of the program's own."""

    text: str


class Origin(NamedTuple):
    """The source of a sentence: the id of a rule (`smtp-probe rules ID`), and the reference of the
    observation; either may be empty."""

    rule: str
    ref: str = ""


Span: TypeAlias = str | Raw | Code | Emphasis | Origin
Line: TypeAlias = tuple[Span, ...]  # one line of any length; may be empty


def plain(line: Line) -> str:
    """The text of a line without formatting; not escaped."""
    return "".join(map(_words, line))


def _words(span: Span) -> str:
    match span:
        case str():
            return span
        case Raw() | Code() | Emphasis():
            return span.text
        case Origin():
            source = ", ".join(part for part in (span.rule, span.ref) if part)
            return f" ({source})" if source else ""
        case _:
            assert_never(span)
