"""How much of --timeout was gone before the run began: a person counts from the return key."""

from __future__ import annotations

import time

_began: float | None = None


def mark(before: float) -> None:
    """The process begins. `before` are the seconds that the interpreter needed until here."""
    global _began  # noqa: PLW0603 - one process, one beginning
    _began = time.monotonic() - before


def seconds_since_start() -> float:
    """Seconds since the process began, for its first run; 0 for a further one, which begins when it does."""
    global _began
    began, _began = _began, None
    return time.monotonic() - began if began is not None else 0.0
