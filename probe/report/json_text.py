"""JSON text that is always valid UTF-8 and harmless on a terminal. Light: `explain` imports it."""

from __future__ import annotations

import json
from typing import Any

from probe.model.text import LOGGING_COMMAND, escape_flags, is_plain

# json.dumps makes an encoder at every call, which takes as long as a small document
_encode = json.JSONEncoder(ensure_ascii=False).encode


def json_text(document: Any, *, indent: int | None = None) -> str:
    """Serialise to JSON without a final line break.

    Readable UTF-8, except that characters that could act on a terminal (C1 controls, bidi and zero-width
    formats, line separators, many combining marks) or on a CI system are JSON escapes, so that a parser loses
    nothing. Lone surrogates have no UTF-8 form and no meaning to strict parsers (RFC 8259 section 8.2): they
    become the visible text `\\udcXX`.
    """
    text = _encode(document) if indent is None else json.dumps(document, ensure_ascii=False, indent=indent)
    if "\x7f" in text or not (text.isascii() or is_plain(text)):
        text = "".join(
            _escape(char) if is_hidden and char != "\n" else char for char, is_hidden in escape_flags(text)
        )
    return LOGGING_COMMAND.sub(r"\\u0023", text) if "##" in text else text


def _escape(char: str) -> str:
    point = ord(char)
    if 0xD800 <= point <= 0xDFFF:
        return f"\\\\u{point:04x}"
    # json.dumps writes surrogate pairs for characters beyond the BMP, but does not escape DEL
    return f"\\u{point:04x}" if point <= 0xFFFF else json.dumps(char)[1:-1]
