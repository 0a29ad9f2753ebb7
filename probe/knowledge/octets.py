"""Octets that a program wrote as `\\xNN` or `\\NNN` become the characters that they stand for."""

from __future__ import annotations

import re

from probe.model.text import decode

_OCTETS = re.compile(
    r"(?:(?:\\x[0-9a-f]{2}|\\[0-3][0-7]{2})[ -~]?){0,200}(?:\\x[89a-f][0-9a-f]|\\[23][0-7]{2})", re.IGNORECASE
)
_OCTET = re.compile(rb"\\x([0-9a-f]{2})|\\([0-3][0-7]{2})", re.IGNORECASE)


def characters(text: str) -> str:
    """Replace runs of escaped octets that hold at least one octet above ASCII; the rest is left as it is."""
    return _OCTETS.sub(lambda found: decode(_OCTET.sub(_octet, found[0].encode())), text)


def _octet(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16) if match[1] else int(match[2], 8)])
