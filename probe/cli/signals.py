"""SIGINT and SIGTERM as the command line takes them."""

from __future__ import annotations

import contextlib
import os
import signal
from types import FrameType
from typing import NoReturn

EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def end_at_once() -> None:
    """While the program loads, a signal ends it with one line. An exception that comes in the middle of an
    import may be swallowed there, and be shown as a traceback. A SIGINT that is ignored stays so."""
    _set(signal.SIGTERM, _end)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        _set(signal.SIGINT, _end)


def heed() -> None:
    """From here on a signal raises KeyboardInterrupt, so that what was begun can be closed; a run under way
    has its own handler, which gives the report so far."""
    _set(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGINT) is _end:
        _set(signal.SIGINT, signal.default_int_handler)


def defer_sigterm() -> None:
    """What was seen is about to be reported, which takes less than a second: SIGTERM changes nothing."""
    _set(signal.SIGTERM, signal.SIG_IGN)


def ignore() -> None:
    """All is said: a signal on the way out may not turn the exit code into another."""
    for number in (signal.SIGINT, signal.SIGTERM):
        _set(number, signal.SIG_IGN)


def _set(number: signal.Signals, handler: signal.Handlers | object) -> None:
    with contextlib.suppress(ValueError):  # outside the main thread, where signals do not come
        signal.signal(number, handler)  # type: ignore[arg-type]


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    with contextlib.suppress(OSError):
        os.write(2, b"smtp-probe: interrupted\n")
    os._exit(EXIT_INTERRUPTED)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
