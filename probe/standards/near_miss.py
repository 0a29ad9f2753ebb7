"""Records in the place of an SPF, DKIM or DMARC record that are not one, but nearly.

A record that no receiver sees is worse than one with a fault: its owner does not know that it is ignored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from probe.model.near_miss import NearMiss, NearMissReason, Place
from probe.model.text import decode

_EXCERPT_LENGTH = 50  # characters of a record that an excerpt has
_UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")  # categories: controls, marks without width, spaces

# How a record of each kind begins, and how one begins that was meant to; as text, as most runs need none
_BEGINS = {
    Place.SPF: r"(?i)v=spf1(?: |$)",
    Place.DKIM: r"v=DKIM1[ \t]*(?:;|$)|k=(?:rsa|ed25519)[ \t]*;|p=MI",
    Place.DMARC: r"v=DMARC1[ \t]*(?:;|$)",
}
_ATTEMPTS = {
    Place.SPF: r"(?i)(?:v\s*[=:]?\s*)?s\s*p\s*f\s*v?[0-9l]?(?![a-z])",
    Place.DKIM: r"(?i)(?:v\s*[=:]?\s*)?dkim\s*v?[0-9l]?(?![a-z])",
    Place.DMARC: r"(?i)(?:v\s*[=:]?\s*)?dmarc\s*v?[0-9l]?(?![a-z])",
}
_HOST = r"(?i)[a-z0-9_](?:[a-z0-9_-]*\.)+[a-z][a-z0-9-]*\.?"
_QUOTES = "\"'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb`"


def near_miss(place: Place, texts: Iterable[bytes]) -> NearMiss | None:
    """The first of a name's TXT records that was meant as the record that belongs there, with the reason why
    it is not; None if there is none."""
    misses = (_miss(place, _text(text)) for text in texts)
    return next((miss for miss in misses if miss is not None), None)


def _text(text: bytes) -> str:
    """As UTF-8 where it is that: an invisible character is to be named, not guessed at."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return decode(text)


def _miss(place: Place, record: str) -> NearMiss | None:
    excerpt = record if len(record) <= _EXCERPT_LENGTH else f"{record[: _EXCERPT_LENGTH - 1]}\u2026"
    bare = record.strip().strip(_QUOTES).strip()
    if record.strip() != bare and (re.match(_BEGINS[place], bare) or re.match(_ATTEMPTS[place], bare)):
        return NearMiss(NearMissReason.QUOTATION_MARKS, place, excerpt)
    odd = next((char for char in record if char not in " \t" and unicodedata.category(char) in _UNSEEN), "")
    plain = "".join(" " if unicodedata.category(char) in _UNSEEN else char for char in record)
    if odd and re.match(_BEGINS[place], " ".join(plain.split())):
        code = f"U+{ord(odd):04X}"
        return NearMiss(NearMissReason.INVISIBLE_CHARACTER, place, excerpt, character=code)
    if record != record.lstrip() and re.match(_BEGINS[place], record.lstrip()):
        return NearMiss(NearMissReason.LEADING_SPACE, place, excerpt)
    other = next((it for it in Place if it is not place and re.match(_BEGINS[it], record)), None)
    if other is not None:
        return NearMiss(NearMissReason.OTHER_RECORD, place, excerpt, other=other)
    match = re.match(_ATTEMPTS[place], record)
    if match is not None:
        return NearMiss(NearMissReason.OTHER_BEGINNING, place, excerpt, beginning=match.group().strip())
    if place is not Place.SPF and re.fullmatch(_HOST, record):
        return NearMiss(NearMissReason.HOST_NAME, place, excerpt)
    return None
