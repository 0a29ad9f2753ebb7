"""The size of the terminal."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def terminal_columns(otherwise: int, stream: TextIO | None = None) -> int:
    """Columns, as `shutil.get_terminal_size` finds them (that module loads the archivers, too): COLUMNS, else
    the width of the terminal of `stream` (None: of stdout), else `otherwise`."""
    if columns := _set("COLUMNS"):
        return columns
    size = _size(sys.__stdout__ if stream is None else stream)
    return (size.columns if size is not None else 0) or otherwise


def terminal_lines(stream: TextIO) -> int | None:
    """Lines of the terminal of a stream: LINES, else the height of the terminal. None if it is not a
    terminal, or its size is not known."""
    size = _size(stream)
    if size is None:
        return None
    return _set("LINES") or size.lines or None


def _set(name: str) -> int:
    try:
        return max(int(os.environ.get(name, "")), 0)
    except ValueError:
        return 0


def _size(stream: TextIO | None) -> os.terminal_size | None:
    try:
        return os.get_terminal_size(stream.fileno()) if stream is not None else None
    except (AttributeError, ValueError, OSError):  # no stdout, a closed one, or no terminal
        return None
