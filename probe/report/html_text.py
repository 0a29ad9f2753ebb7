"""Text for HTML: the one place where it is escaped."""

from __future__ import annotations

from typing import assert_never

from probe.model.text import printable
from probe.report.line import Code, Emphasis, Line, Origin, Raw

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def escape(text: str) -> str:
    """The text for an element or a quoted attribute; controls come out as visible escapes."""
    return printable(text).translate(_ESCAPES)


def inline(line: Line) -> str:
    """A line as the content of an element."""
    return "".join(map(_span, line)).strip()


def _span(span: str | Raw | Code | Emphasis | Origin) -> str:
    match span:
        case str():
            return escape(span)
        case Raw():
            return escape(span.text)
        case Code():
            return f"<code>{escape(span.text)}</code>"
        case Emphasis():
            return f"<strong>{escape(span.text)}</strong>"
        case Origin():
            parts = (f"<code>{escape(part)}</code>" for part in (span.rule, span.ref) if part)
            text = " ".join(parts)
            return f' <span class="origin">{text}</span>' if text else ""
        case _:
            assert_never(span)
