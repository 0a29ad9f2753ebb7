"""What stands where an SPF, DKIM or DMARC record belongs and is none: told as what it nearly is.

A record that no receiver sees is worse than one with a fault: its owner believes that it is there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

from probe.model.text import decode

_SHOWN = 50  # characters of a record that a clause repeats
_UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")  # categories: controls, marks without width, spaces


class Place(StrEnum):
    """The record that belongs somewhere; the value is its name for a reader."""

    SPF = "SPF"
    DKIM = "DKIM"
    DMARC = "DMARC"


# How a record of each kind begins, and how one begins that was meant to.
_BEGINS = {
    Place.SPF: re.compile(r"v=spf1(?: |$)", re.IGNORECASE),
    Place.DKIM: re.compile(r"v=DKIM1[ \t]*(?:;|$)|k=(?:rsa|ed25519)[ \t]*;|p=MI"),
    Place.DMARC: re.compile(r"v=DMARC1[ \t]*(?:;|$)"),
}
_MEANT = {
    Place.SPF: re.compile(r"(?:v\s*[=:]?\s*)?s\s*p\s*f\s*v?[0-9l]?(?![a-z])", re.IGNORECASE),
    Place.DKIM: re.compile(r"(?:v\s*[=:]?\s*)?dkim\s*v?[0-9l]?(?![a-z])", re.IGNORECASE),
    Place.DMARC: re.compile(r"(?:v\s*[=:]?\s*)?dmarc\s*v?[0-9l]?(?![a-z])", re.IGNORECASE),
}
_RIGHT = {Place.SPF: "v=spf1 and a space", Place.DKIM: "v=DKIM1;", Place.DMARC: "v=DMARC1;"}
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*\.)+[a-z][a-z0-9-]*\.?", re.IGNORECASE)
_QUOTES = "\"'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb`"


def near_miss(place: Place, texts: Iterable[bytes]) -> str:
    """What the TXT records of a name are, none of which is the record that belongs there: a clause about the
    first that was meant as one; "" where none was."""
    clauses = (_clause(place, text) for text in texts)
    return next((clause for clause in clauses if clause), "")


def _clause(place: Place, text: bytes) -> str:
    written = _text(text)
    why = _why(place, written)
    if not why:
        return ""
    excerpt = written if len(written) <= _SHOWN else f"{written[: _SHOWN - 1]}\u2026"
    return f"what stands there, {excerpt}, is no {place} record: {why}"


def _text(text: bytes) -> str:
    """As UTF-8 where it is that: an invisible character is to be named, not guessed at."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return decode(text)


def _why(place: Place, written: str) -> str:
    bare = written.strip().strip(_QUOTES).strip()
    if written.strip() != bare and (_BEGINS[place].match(bare) or _MEANT[place].match(bare)):
        return "the quotation marks are part of it"
    odd = next((char for char in written if char not in " \t" and unicodedata.category(char) in _UNSEEN), "")
    plain = "".join(" " if unicodedata.category(char) in _UNSEEN else char for char in written)
    if odd and _BEGINS[place].match(" ".join(plain.split())):
        return f"it holds the invisible character U+{ord(odd):04X} where a space or nothing belongs"
    if written != written.lstrip() and _BEGINS[place].match(written.lstrip()):
        return "it begins with a space"
    other = next((it for it in Place if it is not place and _BEGINS[it].match(written)), None)
    if other is not None:
        return f"it is one of {other}"
    match = _MEANT[place].match(written)
    if match is not None:
        return f"it begins with {match.group().strip()} and not with {_RIGHT[place]}"
    if place is not Place.SPF and _HOST.fullmatch(written):
        return "it is a host name, as the target of a CNAME; the record was made as TXT"
    return ""
