"""Writes the short forms of a result: one line of `key=value`, and the ten lines of a note for a ticket."""

from __future__ import annotations

from collections.abc import Sequence

from probe.model.text import inert_lines, printable

Pairs = Sequence[tuple[str, str]]

NONE = "–"  # in a note, for what there is none of
NOTE_LIMIT = 500  # characters of a line of a note
LINE_LIMIT = 300  # characters of a value of a line
_LABEL_COLUMNS = 10
_MARKS = frozenset(' "=\\')


def write_line(pairs: Pairs) -> str:
    """The pairs in one line, with its line break. A value that is empty, or has a space, a quote, a backslash
    or a sign of equality, stands in double quotes; a quote and a backslash in it follow a backslash."""
    return " ".join(f"{key}={_value(text)}" for key, text in pairs) + "\n"


def _value(text: str) -> str:
    text = _in_one_line(text, LINE_LIMIT)
    if text and not _MARKS & set(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def write_note(pairs: Pairs) -> str:
    """One line for each label, in plain text."""
    lines = (
        f"{f'{label}:':{_LABEL_COLUMNS}} {_in_one_line(text, NOTE_LIMIT) or NONE}" for label, text in pairs
    )
    return inert_lines("\n".join(lines)) + "\n"


def _in_one_line(text: str, limit: int) -> str:
    text = printable(" ".join(text.split()))
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
