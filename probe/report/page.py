"""Wraps text to a width, with hanging indents, counting terminal columns."""

from __future__ import annotations

import re
import unicodedata

from probe._regex import regex
from probe.model.text import inert_lines, printable
from probe.report.style import Paint, Style

MIN_COLUMNS = 20  # lines are never narrower than this
_WORDS = regex(r"\S+|\s+")
_SHELL_WORD = r"""(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|\S)+"""
_CONTINUED = " \\"
_RFC = regex(r"\bRFC [0-9]{3,5}(?: (?:sections? |§)[0-9.]*[0-9])?")


def columns(text: str) -> int:
    """Columns on a terminal: two for East Asian wide characters, none for combining marks."""
    if text.isascii():
        return len(text)
    return sum(_columns_of(char) for char in text)


def _columns_of(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def wrap(text: str, width: int) -> list[str]:
    """Break at spaces into lines of at most `width` columns; a longer word is cut. Never empty."""
    if columns(text) <= width:
        return [text.rstrip()]
    measure = len if text.isascii() else columns
    lines: list[str] = []
    line, width_used = "", 0
    for token in _WORDS.findall(text):
        size = measure(token)
        if width_used + size <= width:
            line, width_used = line + token, width_used + size
            continue
        if token.isspace():
            lines.append(line)
            line, width_used = "", 0
            continue
        if line.strip():
            lines.append(line.rstrip())
        if size <= width:
            line, width_used = token, size
            continue
        *full, line = _cut(token, width)
        lines += full
        width_used = columns(line)
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return lines


def _cut(word: str, width: int) -> list[str]:
    pieces = [""]
    width_used = 0
    for char in word:
        size = _columns_of(char)
        if width_used + size > width:
            pieces.append("")
            width_used = 0
        pieces[-1] += char
        width_used += size
    return pieces


class Page:
    """Collects the lines of a report. The one place where text is escaped for a terminal: all text goes
    through `fit`."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self._takes_all = style.is_utf8
        self._lines: list[str] = []

    def fit(self, text: str) -> str:
        """The text escaped, in characters that the stream can encode. Idempotent."""
        text = printable(text)
        return text if self._takes_all else self.style.encodable(text)

    def blank(self) -> None:
        """An empty line, never two in a row and never the first."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def heading(self, text: str) -> None:
        """A title after an empty line, bold."""
        self.blank()
        self.text(text, is_strong=True)

    def text(
        self,
        text: str,
        *,
        lead: str = "",
        indent: int = 0,
        paint: Paint | None = None,
        is_strong: bool = False,
    ) -> None:
        """A paragraph after `indent` spaces and `lead`; further lines are indented to its first word.

        `paint` colours the lead; the text is bold where it `is_strong`, else the RFCs that it names are
        faint. If the lead leaves too little room, the text goes below it.
        """
        lead, text = self.fit(lead), self.fit(text)
        width = max(self.style.width, MIN_COLUMNS)
        hang = indent + columns(lead)
        if lead and width - hang < MIN_COLUMNS and text:
            for line in wrap(lead.strip(), width - indent):
                self._lines.append(" " * indent + self._paint_line(line, paint))
            lead, paint, hang = "", None, min(indent + 2, width - 10)
            indent = hang
        first, *rest = (self._tone(line, is_strong=is_strong) for line in wrap(text, max(width - hang, 10)))
        self._lines.append((" " * indent + self._paint_line(lead, paint) + first).rstrip())
        self._lines += [" " * hang + line for line in rest]

    def cut(self, text: str, before: int) -> str:
        """The text cut to one line after `before` columns, with an ellipsis if it was cut."""
        text, room = self.fit(text), self.style.width - before
        ellipsis = self.fit("…")
        return (
            text if columns(text) <= room else f"{_cut(text, room - columns(ellipsis))[0].rstrip()}{ellipsis}"
        )

    def command(self, text: str, *, indent: int) -> None:
        """A command line to paste into a shell: it is broken only between two words of the shell, with a
        continuation (POSIX shell section 2.2.1). A word is never broken, even if it is too wide."""
        room = max(self.style.width, MIN_COLUMNS) - indent
        lines = [""]
        words = re.findall(_SHELL_WORD, self.fit(text))
        for index, word in enumerate(words):
            behind = columns(_CONTINUED) if index + 1 < len(words) else 0
            if lines[-1] and columns(lines[-1]) + 1 + columns(word) + behind > room:
                lines[-1] += _CONTINUED
                lines.append(word)
            else:
                lines[-1] += f" {word}" if lines[-1] else word
        self._lines += [" " * indent + line for line in lines]

    def _tone(self, line: str, *, is_strong: bool) -> str:
        if not self.style.colour or not line:
            return line
        if is_strong:
            return self.style.paint(line, Paint.STRONG)
        return _RFC.sub(lambda named: self.style.paint(named[0], Paint.FAINT), line)

    def _paint_line(self, lead: str, paint: Paint | None) -> str:
        if paint is None or not lead.strip():
            return lead
        word = lead.rstrip()
        return self.style.paint(word, paint) + lead[len(word) :]

    def pair(self, left: str, right: str) -> None:
        """Left and right on one line if both fit, else on two lines."""
        left, right = self.fit(left), self.fit(right)
        gap = self.style.width - columns(left) - columns(right)
        if gap >= 2:
            self._lines.append(left + " " * gap + self.style.paint(right, Paint.FAINT))
            return
        self.text(left)
        if right:
            self.text(right)

    def __str__(self) -> str:
        return inert_lines("\n".join(self._lines) + "\n")
