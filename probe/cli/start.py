"""The time used before the run began, which counts toward --timeout."""

from __future__ import annotations

import time

_began: float | None = None


def mark(before: float) -> None:
    """Note the start of the process. `before` are the seconds that the interpreter has used."""
    global _began  # noqa: PLW0603 - one process, one beginning
    _began = time.monotonic() - before


def seconds_so_far() -> float:
    """Seconds since the start of the process until its first run begins; 0 for later runs."""
    return time.monotonic() - _began if _began is not None else 0.0


def seconds_since_start() -> float:
    """Seconds since the start of the process for its first run; 0 for later runs."""
    global _began
    began, _began = _began, None
    return time.monotonic() - began if began is not None else 0.0
