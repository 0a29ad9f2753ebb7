"""Octets that a program wrote as `\\xNN`, `\\NNN` or `#NNN` become the characters that they stand for."""

from __future__ import annotations

import re

from probe._regex import regex
from probe.model.text import decode

_ESCAPE = r"\\x[0-9a-f]{2}|\\[0-3][0-7]{2}"
_HIGH = r"\\x[89a-f][0-9a-f]|\\[23][0-7]{2}"
_RUN = regex(rf"(?:(?:{_ESCAPE})[ -~]?){{0,200}}(?:{_HIGH})", re.IGNORECASE)
_ANY_HIGH = regex(_HIGH, re.IGNORECASE)
_OCTET = regex(rb"\\x([0-9a-f]{2})|\\([0-3][0-7]{2})", re.IGNORECASE)
# rsyslog writes controls as #NNN, and optionally octets beyond ASCII, several for one character or one inside
# a word.
_HASH_LINE = regex(r"#015#012|#012#015|#01[25](?!\d)")
_HASH_OTHER = regex(r"#011(?!\d)")
_HASH_ESCAPE = regex(r"#033(?=[$(])")
_HASH_HIGH = regex(r"(?:#[23][0-7]{2}){2}|(?<=[A-Za-z])#[23][0-7]{2}(?=[a-z])")
_HASH_OCTET = regex(rb"#([23][0-7]{2})(?![0-9])")


def characters(text: str) -> str:
    """Replace escaped octets above ASCII, and those between them; the rest is unchanged.

    In a text that is otherwise ASCII all octets are decoded together, which tells most of their charset.
    """
    if not _ANY_HIGH.search(text):
        return text
    if text.isascii():
        runs = _RUN.sub(lambda run: _OCTET.sub(_octet, run[0].encode()).decode("latin-1"), text)
        return decode(runs.encode("latin-1"))
    return _RUN.sub(lambda run: decode(_OCTET.sub(_octet, run[0].encode())), text)


def hash_characters(text: str) -> str:
    """Replace what rsyslog wrote as `#` and three octal digits."""
    text = _HASH_OTHER.sub(" ", _HASH_LINE.sub("\n", text))
    text = _HASH_ESCAPE.sub("\x1b", text)
    if not text.isascii() or not _HASH_HIGH.search(text):
        return text
    return decode(_HASH_OCTET.sub(lambda match: bytes([int(match[1], 8)]), text.encode("ascii")))


def _octet(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16) if match[1] else int(match[2], 8)])
