"""The file that a command reads."""

from __future__ import annotations

import sys
from io import BufferedReader
from pathlib import Path


def open_input(name: str) -> BufferedReader:
    """The file, or stdin for `-`. Raises OSError."""
    # stdin is opened again by its number, so that closing the stream leaves the process's own alone
    return open(sys.stdin.fileno(), "rb", closefd=False) if name == "-" else Path(name).open("rb")
