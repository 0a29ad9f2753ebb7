"""A line of a document: words of the program's own as plain strings, and whatever else by what it is.

A string of a stranger stands here as it came, in `Raw` or `Code`. Only a writer escapes.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias, assert_never


class Raw(NamedTuple):
    """What a stranger wrote, or may have had a part in; not escaped. Reads as text."""

    text: str


class Code(NamedTuple):
    """What is to be copied or compared octet by octet: a command, an address, a reply; not escaped."""

    text: str


class Emphasis(NamedTuple):
    """A word of the program's own that the sentence turns on."""

    text: str


class Origin(NamedTuple):
    """What stands behind a sentence: the id of a rule (`smtp-probe rules ID`), and what it was read from;
    either may be empty."""

    rule: str
    ref: str = ""


Span: TypeAlias = str | Raw | Code | Emphasis | Origin
Line: TypeAlias = tuple[Span, ...]  # one line, however long; empty where nothing is said


def plain(line: Line) -> str:
    """The words of a line without form; not escaped."""
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
