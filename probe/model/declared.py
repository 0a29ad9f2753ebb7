"""Text in a charset that a message declares (RFC 2045 section 5.1, RFC 2047, RFC 2231 section 4)."""

from __future__ import annotations

import codecs
import re

# What Python calls encodings beside charsets: of domain names, which take time by the square of their
# length, and of Python's own source text
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"})
_NAME = re.compile(r"[!-~]{1,40}")  # RFC 2978 section 2.3
_EXTENDED = re.compile(rb"(?:punycode|idna|unicode.escape)(?=[^A-Za-z0-9']*')", re.IGNORECASE)


def in_declared(data: bytes, charset: str, errors: str = "strict") -> str | None:
    """`data` in the charset so named, or None where there is none of that name or it does not fit."""
    try:
        name = codecs.lookup(charset).name if _NAME.fullmatch(charset) else ""
        return data.decode(name, errors) if name and name.replace("-", "_") not in _NO_CHARSETS else None
    except (LookupError, ValueError):
        return None


def without_names_that_are_none(data: bytes) -> bytes:
    """A message in which no extended parameter (RFC 2231 section 4) declares one of those encodings, for
    the parser of the standard library decodes such values itself; as long as before."""
    return _EXTENDED.sub(lambda match: b"-" * len(match.group()), data)
