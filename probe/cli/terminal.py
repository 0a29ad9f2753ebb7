"""The width of the terminal."""

from __future__ import annotations

import os
import sys


def terminal_columns(otherwise: int) -> int:
    """Columns, as `shutil.get_terminal_size` finds them (that module loads the archivers, too): COLUMNS, else
    those of the terminal, else `otherwise`."""
    try:
        columns = int(os.environ.get("COLUMNS", ""))
    except ValueError:
        columns = 0
    if columns > 0:
        return columns
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or otherwise  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):  # no stdout, a closed one, or no terminal
        return otherwise
