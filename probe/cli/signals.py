"""SIGTERM as the command line takes it: like Ctrl-C, but for the moment in which a report is made."""

from __future__ import annotations

import contextlib
import signal
from types import FrameType
from typing import NoReturn


def heed_sigterm() -> None:
    """From here on SIGTERM ends the program with one line, as Ctrl-C does; a run under way has its own
    handler, which gives the report so far."""
    _set(_interrupt)


def defer_sigterm() -> None:
    """What was seen is about to be reported, which takes less than a second: SIGTERM changes nothing."""
    _set(signal.SIG_IGN)


def _set(handler: signal.Handlers | object) -> None:
    with contextlib.suppress(ValueError):  # outside the main thread, where signals do not come
        signal.signal(signal.SIGTERM, handler)  # type: ignore[arg-type]


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
