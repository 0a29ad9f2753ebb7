"""SIGINT, SIGTERM and SIGHUP as the command line takes them.

No handler raises: an exception in the middle of an import or of the event loop's own work may be swallowed
there, leave something half done, or be shown as a traceback. A signal ends the process with one line; while
a run is under way the first one asks it for the report so far instead.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType

EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells report it
_SAME_KEY_S = 1.0  # a terminal and a wrapper that forwards (uv run, make) both tell of one Ctrl-C

_ask: Callable[[], None] | None = None  # asks the run under way for its end
_asked_at: float | None = None  # when a signal first did so
_partial_files: set[str] = set()  # files that must not be taken for whole ones


def heed() -> None:
    """From here on signals are taken. What the parent had ignored (nohup, a shell's background job) stays
    ignored, but for SIGTERM."""
    for number in _numbers():
        if number is signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN:
            _set(number, _take)


def ignore() -> None:
    """All is said: a signal on the way out may not turn the exit code into another."""
    for number in _numbers():
        _set(number, signal.SIG_IGN)


@contextlib.contextmanager
def call_on_signal(ask: Callable[[], None]) -> Iterator[None]:
    """Within, the first signal calls `ask`, which must return at once. A second Ctrl-C ends the process;
    SIGTERM and SIGHUP change nothing any more, for the report is on its way."""
    global _ask  # noqa: PLW0603 - one process, one run at a time
    before, _ask = _ask, ask
    try:
        yield
    finally:
        _ask = before


def is_end_wanted() -> bool:
    """Whether a signal has asked for the end."""
    return _asked_at is not None


@contextlib.contextmanager
def remove_on_signal(path: str) -> Iterator[None]:
    """Within, a signal that ends the process removes this file first."""
    _partial_files.add(path)
    try:
        yield
    finally:
        _partial_files.discard(path)


def _numbers() -> tuple[signal.Signals, ...]:
    names = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    return tuple(signal.Signals[name] for name in names if name in signal.Signals.__members__)


def _set(number: signal.Signals, handler: signal.Handlers | Callable[[int, FrameType | None], None]) -> None:
    with contextlib.suppress(ValueError):  # outside the main thread, where signals do not come
        signal.signal(number, handler)


def _take(number: int, _frame: FrameType | None) -> None:
    global _asked_at  # noqa: PLW0603 - as above
    now = time.monotonic()
    if _ask is None:
        _end()
    elif _asked_at is None:
        _asked_at = now
        _ask()
    elif number == signal.SIGINT and now - _asked_at > _SAME_KEY_S:
        _end()


def _end() -> None:
    for path in _partial_files:
        with contextlib.suppress(OSError):
            os.unlink(path)  # noqa: PTH108 - nothing is imported here that is not there yet
    with contextlib.suppress(OSError):
        os.write(2, b"smtp-probe: interrupted\n")
    os._exit(EXIT_INTERRUPTED)
