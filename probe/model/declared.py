"""Text in a charset that a message declares (RFC 2045 section 5.1, RFC 2047, RFC 2231 section 4)."""

from __future__ import annotations

import codecs
import re
from email.errors import MessageError

from probe._regex import regex

# Python codecs that are no charsets: those of domain names, which take quadratic time, and of Python source
# text
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"})
_NAME = regex(r"[!-~]{1,40}")  # RFC 2978 section 2.3
_WIDE = frozenset({"utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be"})
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),  # begins as the next one does
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_AT_ONCE = 1 << 16  # octets
_WORDS_LIMIT = 16384  # characters; the standard library needs quadratic time for the words
# What the email package raises on broken input; comments nest by recursion there.
HARMLESS = (ValueError, LookupError, TypeError, AttributeError, MessageError, RecursionError)
_CONTENT = regex(rb"^content-[a-z-]{1,40}:(?:[^\n]++|\n(?=[ \t]))*+", re.IGNORECASE | re.MULTILINE)
_CONTENT_LIMIT = 8192  # octets
_EXTENDED = regex(rb"(?:punycode|idna|unicode.escape)(?=[^A-Za-z0-9']*')", re.IGNORECASE)


def without_mark(data: bytes) -> tuple[bytes, str]:
    """A message without the byte order mark of an editor, and the charset that it was read as (or empty). RFC
    5322 section 2.1 has no such mark: the first header field would be lost."""
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            decoder = codecs.getincrementaldecoder(codec)("replace")
            octets = bytearray()
            for start in range(0, len(data), _AT_ONCE):
                octets += decoder.decode(data[start : start + _AT_ONCE]).encode("utf-8", "replace")
            return bytes(octets), name
    return data, ""


def in_declared(data: bytes, charset: str, errors: str = "strict") -> str | None:
    """Decode `data` in the named charset; None if there is no such charset or it does not fit.

    Data without a zero octet, which every line end and space has there, is neither UTF-16 nor UTF-32.
    """
    try:
        name = codecs.lookup(charset).name.replace("-", "_") if _NAME.fullmatch(charset) else ""
        if not name or name in _NO_CHARSETS or (name in _WIDE and b"\0" not in data):
            return None
        return data.decode(name, errors)
    except (LookupError, ValueError):
        return None


def encoded_words(value: str) -> list[tuple[str | bytes, str | None]]:
    """An unfolded header value as pieces: text as it stands, or the octets of encoded words (RFC 2047) and
    their charset. Words behind the limit, or broken beyond reading, are left as they are."""
    from email.header import decode_header  # few headers have encoded words, and it brings a dozen modules

    end = len(value) if len(value) <= _WORDS_LIMIT else value.rfind(" ", 0, _WORDS_LIMIT) + 1 or _WORDS_LIMIT
    try:
        pieces = decode_header(value[:end])
    except HARMLESS:
        return [(value, None)]
    return [*pieces, (value[end:], None)] if value[end:] else pieces


def fit_for_parsing(data: bytes) -> bytes:
    """The message changed so that the standard library parses its parameters (RFC 2045 section 5.1) in linear
    time: none declares a codec for domain names (RFC 2231 section 4), and no field with parameters is longer
    than the limit."""
    data = _EXTENDED.sub(lambda match: b"-" * len(match.group()), data)
    return _CONTENT.sub(lambda match: match.group()[:_CONTENT_LIMIT], data)
