"""How many processes --jobs asks for."""

from __future__ import annotations

import os

from probe.cli.errors import UsageError

MOST = 64
HELP = f"with so many processes, 1 to {MOST}; 0 or auto: one a processor. Default: 1."


def number_of_jobs(text: str) -> int:
    """Read the value of --jobs, as xz and zstd do: 0 stands for the processors that this process may use.
    Raises UsageError."""
    if text in ("0", "auto"):
        return min(_processors(), MOST)
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:4]) <= MOST):
        raise UsageError("--jobs", f"{text!r} is no number from 1 to {MOST}, nor 0 or auto (one a processor)")
    return int(text)


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1
