"""One line of a table as its cells (RFC 4180), so that a quote too many costs one row and never the rest."""

from __future__ import annotations

import re
from functools import cache

DELIMITERS = (",", ";", "\t", "|")


@cache
def _patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A cell in quotes with what may stand behind it, and one without."""
    end = re.escape(delimiter)
    return re.compile(rf'[ \t]*"((?:[^"]|"")*)"[ \t]*(?:{end}|\Z)'), re.compile(rf"[^{end}]*")


def split(line: str, delimiter: str) -> list[str] | None:
    """The cells of a record; None where a quote is open at its end."""
    if '"' not in line:
        return line.split(delimiter)
    quoted, bare = _patterns(delimiter)
    cells: list[str] = []
    at = 0
    while True:
        match = quoted.match(line, at)
        if match is not None:
            cells.append(match[1].replace('""', '"'))
            at = match.end()
            if not match[0].endswith(delimiter):
                return cells
            continue
        match = bare.match(line, at)
        cell = match[0] if match is not None else ""
        if cell.lstrip(" \t").startswith('"'):
            return None
        cells.append(cell)
        at += len(cell)
        if at >= len(line):
            return cells
        at += 1


def split_literally(line: str, delimiter: str) -> list[str]:
    """The cells where quotes mean nothing."""
    return line.split(delimiter)
