"""Text style: width, colour, marks, and what the output stream can encode."""

from __future__ import annotations

from enum import Enum

from probe._named_tuple import NamedTuple

QUIET, NORMAL, VERBOSE = -1, 0, 1

# Typographic characters and their replacements if the stream cannot encode them.
_ASCII = str.maketrans(
    {
        "→": "->",
        "·": "|",
        "–": "-",
        "—": "-",
        "−": "-",
        "§": "section ",
        "≥": ">=",
        "≤": "<=",
        "×": "x",
        "…": "...",
        "’": "'",
        "“": '"',
        "”": '"',
        "\u00a0": " ",
    }
)
_TYPOGRAPHY = "→·–−§✓✗☐"

_MARKS = {"pass": "✓", "warn": "!", "fail": "✗", "manual": "☐", "not_assessed": "–"}
_ASCII_MARKS = {"pass": "ok", "warn": "warn", "fail": "FAIL", "manual": "todo", "not_assessed": "n/a"}


def mark(status: str) -> str:
    """The mark of a checklist status in a document that can have every character."""
    return _MARKS[status]


class Paint(Enum):
    """ANSI SGR parameters. Only words whose text has the same meaning are coloured."""

    GOOD = "32"
    WARN = "33"
    BAD = "31"
    STRONG = "1"
    FAINT = "2"


class Style(NamedTuple):
    """How to set a text report.

    `width` in columns; `height` in lines, None where there is no screen; `colour` allows ANSI SGR sequences;
    `encoding` is that of the stream, and decides which marks are used; `verbosity` is -1 (-q), 0 or 1 (-v);
    `note` is the last line.
    """

    width: int = 100
    height: int | None = None
    colour: bool = False
    encoding: str = "utf-8"
    verbosity: int = NORMAL
    note: str = ""

    @property
    def has_typography(self) -> bool:
        """True when the stream can take the arrows and marks."""
        try:
            _TYPOGRAPHY.encode(self.encoding)
        except (UnicodeEncodeError, LookupError):
            return False
        return True

    @property
    def is_utf8(self) -> bool:
        """True when the stream can take every character."""
        return self.encoding.lower().replace("-", "") == "utf8"

    def encodable(self, text: str) -> str:
        """The text in characters of the stream; others become visible escapes."""
        if self.is_utf8:
            return text
        if not self.has_typography:
            text = text.translate(_ASCII)
        try:
            return text.encode(self.encoding, "backslashreplace").decode(self.encoding)
        except LookupError:
            return text.encode("ascii", "backslashreplace").decode("ascii")

    def mark(self, status: str) -> str:
        """The mark of a checklist status, padded to one common width."""
        if self.has_typography:
            return mark(status)
        return f"{_ASCII_MARKS[status]:4}"

    def paint(self, text: str, paint: Paint) -> str:
        """The text in colour, or as it is."""
        return f"\x1b[{paint.value}m{text}\x1b[0m" if self.colour else text
