"""One entry of a list: an address or a domain, as somebody typed or exported it.

What can be read in one way only is repaired, and the note says how; all else is malformed, and the note says
what is wrong. Nothing is repaired without a word.
"""

from __future__ import annotations

import re
import unicodedata

from probe._named_tuple import NamedTuple
from probe.model.address import AddressError
from probe.model.address_parse import parse_domain, parse_mailbox
from probe.model.text import printable


class Entry(NamedTuple):
    """`address` is None for a domain, and for what is malformed; `domain` (A-labels, or a literal in
    brackets) is None for what is malformed. `note` says what is wrong or was repaired, else it is empty."""

    address: str | None
    domain: str | None
    note: str = ""

    @property
    def is_repaired(self) -> bool:
        """Whether the entry was read otherwise than it stands there."""
        return self.domain is not None and bool(self.note)


ENTRY_LIMIT = 1000  # characters; an address has at most 254, and a display name may stand before it

_LABEL = r"(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)"
_TLD = r"[a-z](?:-?[a-z0-9]+)*"
# What needs no second look. `read` gives the same for it the long way; a test holds both together.
_PLAIN = re.compile(rf"(?=.{{1,63}}\Z)(?:[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@)?({_LABEL}+{_TLD})", re.ASCII)
_IN_ANGLES = re.compile(r"[^<>]*<([^<>]*)>")
_AROUND_AT = re.compile(r"\s+(?=@)|(?<=@)\s+")
_OTHER_AT = str.maketrans({"\uff20": "@", "\ufe6b": "@"})
_QUOTES = (('"', '"'), ("'", "'"), ("\u201c", "\u201d"), ("\u2018", "\u2019"), ("`", "`"))
_ENDS = ",;"
_UNSEEN = frozenset({"Cf", "Cc", "Co", "Cn"})
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_SEVERAL = re.compile(r"@[^\s,;|/]+[\s,;|/]+[^\s,;|/]+@")


def read(text: str) -> Entry:
    """Read one entry."""
    match = _PLAIN.fullmatch(text)
    if match is not None:
        domain = match[1]
        return Entry(text if len(domain) != len(text) else None, domain)
    return read_carefully(text)


def read_carefully(text: str) -> Entry:
    """The same, whatever the entry looks like."""
    if len(text) > ENTRY_LIMIT:
        return _malformed(f"is longer than {ENTRY_LIMIT} characters")
    repairs: list[str] = []
    text = _clean(text, repairs)
    if not text:
        return _malformed("is empty")
    text = _unwrap(text, repairs)
    if _SEVERAL.search(text) and not text.startswith('"'):
        return _malformed("holds more than one address; give each a row of its own")
    try:
        if "@" in text:
            mailbox = parse_mailbox(text)
            return Entry(str(mailbox), mailbox.domain, _note(repairs))
        return Entry(None, parse_domain(text)[0], _note(repairs))
    except AddressError as error:
        at = error.position
        place = f" (character {at + 1}: {printable(text[at])})" if at < len(text) else ""
        return _malformed(f"{error.reason}{place}{_or(repairs)}")


def _malformed(reason: str) -> Entry:
    return Entry(None, None, reason)


def _note(repairs: list[str]) -> str:
    return f"repaired: {', '.join(repairs)}" if repairs else ""


def _or(repairs: list[str]) -> str:
    return f", after this was repaired: {', '.join(repairs)}" if repairs else ""


def _clean(text: str, repairs: list[str]) -> str:
    """Without what nobody sees: octets of another charset, invisible characters, white space around it."""
    if _NOT_UTF8.search(text):
        text = text.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
        repairs.append("octets that are no UTF-8 are read as Windows-1252")
    invisible = {char for char in text if char not in "\t\n" and unicodedata.category(char) in _UNSEEN}
    if invisible:
        points = ", ".join(sorted(f"U+{ord(char):04X}" for char in invisible)[:3])
        text = "".join(char for char in text if char not in invisible)
        repairs.append(f"invisible characters are left out ({points})")
    bare = text.strip()
    if bare != text:
        repairs.append("white space around it is left out")
    return bare


def _unwrap(text: str, repairs: list[str]) -> str:
    """Without what stands around an address: a display name, quotes, mailto:, a comma behind it."""
    bare = text.rstrip(_ENDS).rstrip()
    if bare != text and bare:
        text = bare
        repairs.append("the punctuation behind it is left out")
    match = _IN_ANGLES.fullmatch(text)
    if match is not None and match[1].strip():
        text = match[1].strip()
        repairs.append("the address is taken from between < and >")
    for opening, closing in _QUOTES:
        if len(text) > 2 and text.startswith(opening) and text.endswith(closing):
            text = text[1:-1].strip()
            repairs.append("the quotes around it are left out")
            break
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
        repairs.append("mailto: is left out")
    with_at = text.translate(_OTHER_AT)
    if with_at != text:
        text = with_at
        repairs.append("another @ (U+FF20 or U+FE6B) is read as @")
    if not text.startswith('"') and _AROUND_AT.search(text):
        text = _AROUND_AT.sub("", text)
        repairs.append("white space beside the @ is left out")
    if text.startswith("@") and text.count("@") == 1 and len(text) > 1:
        text = text[1:]
        repairs.append("a domain is read without the @ before it")
    if text.endswith(".") and not text.endswith("..") and len(text) > 1:
        text = text[:-1]
        repairs.append("the dot at its end is left out")
    return text
