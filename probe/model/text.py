"""The one place that turns a stranger's bytes into text, and text into something safe to show."""

from __future__ import annotations

import unicodedata

# Zs other than the plain space, and format characters that reorder or hide text, are shown as
# escapes too: a bidi override in a reply must not change how the line around it reads.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def decode(data: bytes) -> str:
    """Decode bytes of unknown charset without loss of meaning and without raising.

    UTF-8 first (RFC 6531), then GB18030 for the legacy replies of Chinese providers when every
    high byte forms a complete pair there, and at last each remaining byte as a `\\xNN` escape.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return data.decode("ascii", "backslashreplace")
    if any("\u4e00" <= char <= "\u9fff" for char in text):
        return text
    return data.decode("ascii", "backslashreplace")


def printable(text: str) -> str:
    """Escape what must not reach a terminal, page, ticket or sheet live.

    Controls (C0, C1, ESC, CR, LF, NUL), bidi and zero-width format characters, surrogates and
    unassigned code points come out as visible `\\xNN` / `\\uNNNN`; all else is unchanged.
    The result has no line break and is always valid UTF-8. Idempotent.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(char) if _is_hidden(char) else char for char in text)


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN_CATEGORIES


def _escape(char: str) -> str:
    point = ord(char)
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"
