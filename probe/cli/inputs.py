"""The file that a command reads."""

from __future__ import annotations

import sys
from io import BufferedReader


def open_input(name: str) -> BufferedReader:
    """The file, or stdin for `-`. Raises OSError."""
    # stdin is opened again by its number, so that closing the stream leaves the process's own alone
    is_stdin = name == "-"
    return open(sys.stdin.fileno() if is_stdin else name, "rb", closefd=not is_stdin)
