"""Handles SIGINT, SIGTERM and SIGHUP for the command line.

No handler raises: an exception during an import or inside the event loop may be swallowed, leave something
incomplete, or be shown as a traceback. A signal ends the process with one line; during a run the first signal
only asks for the report so far.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType

_OF_SIGNAL = 128  # a shell reports a process that signal N ended as 128 + N
EXIT_INTERRUPTED = _OF_SIGNAL + signal.SIGINT
_SAME_KEY_S = 1.0  # a terminal and a forwarding wrapper (uv run, make) both send a signal for one Ctrl-C

_ask: Callable[[], None] | None = None  # asks the current run to end
_asked_at: float | None = None  # when a signal first did so
_asked_by: int = signal.SIGINT
_children: set[int] = set()  # processes of our own, which a signal ends with this one
_partial_files: set[str] = set()  # incomplete files, removed when a signal ends the process


def heed() -> None:
    """Install the handlers. Signals ignored by the parent (nohup, a shell's background job) stay ignored,
    except SIGTERM."""
    for number in _numbers():
        if number is signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN:
            _set(number, _take)


def ignore() -> None:
    """Ignore signals at the end, so that they cannot change the exit code."""
    for number in _numbers():
        _set(number, signal.SIG_IGN)


@contextlib.contextmanager
def call_on_signal(ask: Callable[[], None]) -> Iterator[None]:
    """A context in which the first signal calls `ask`, which must return at once. A second Ctrl-C ends the
    process; further SIGTERM and SIGHUP are ignored, because the report is being made."""
    global _ask  # noqa: PLW0603 - one process, one run at a time
    before, _ask = _ask, ask
    try:
        yield
    finally:
        _ask = before


def is_end_wanted() -> bool:
    """Whether a signal has asked the run to end."""
    return _asked_at is not None


def exit_code() -> int:
    """The exit code of a run that gives no report because a signal asked it to end."""
    return _OF_SIGNAL + _asked_by


@contextlib.contextmanager
def remove_on_signal(path: str) -> Iterator[None]:
    """A context in which a signal that ends the process first removes this file."""
    _partial_files.add(path)
    try:
        yield
    finally:
        _partial_files.discard(path)


def end_with_this(process: int) -> None:
    """A signal that ends this process first ends that child, by its id, until `has_ended`."""
    _children.add(process)


def has_ended(process: int) -> None:
    """That child has ended, and its id may become another's."""
    _children.discard(process)


def _numbers() -> tuple[signal.Signals, ...]:
    names = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    return tuple(signal.Signals[name] for name in names if name in signal.Signals.__members__)


def _set(number: signal.Signals, handler: signal.Handlers | Callable[[int, FrameType | None], None]) -> None:
    with contextlib.suppress(ValueError):  # not in the main thread, which receives signals
        signal.signal(number, handler)


def _take(number: int, _frame: FrameType | None) -> None:
    global _asked_at, _asked_by
    now = time.monotonic()
    if _ask is None:
        _end(number)
    elif _asked_at is None:
        _asked_at, _asked_by = now, number
        _ask()
    elif number == signal.SIGINT and now - _asked_at > _SAME_KEY_S:
        _end(number)


def _end(number: int) -> None:
    for process in tuple(_children):
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGTERM)
    for path in _partial_files:
        with contextlib.suppress(OSError):
            os.unlink(path)  # noqa: PTH108 - no new import in a signal handler
    with contextlib.suppress(OSError):
        os.write(2, b"smtp-probe: interrupted\n")
    os._exit(_OF_SIGNAL + number)
