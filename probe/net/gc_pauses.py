"""The pauses of Python's garbage collector, kept short while checks are under way.

A full collection looks at every object of the process while the event loop stands still: for a program with
the libraries of this one 50 to 80 ms, and oftener the more the checks make. So what exists when the first
check begins is left out of collections (gc.freeze) until the last one under way has ended. Then all is as
before, and what has become garbage in the meantime is found by the next collection.
"""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator


class _Collector:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._checks = 0  # under way
        self._has_frozen = False

    def begin(self) -> None:
        """A check begins. Where the program has frozen objects itself it knows better: nothing is changed."""
        with self._lock:
            self._checks += 1
            if self._checks == 1 and not gc.get_freeze_count():
                gc.freeze()
                self._has_frozen = True

    def end(self) -> None:
        """A check has ended."""
        with self._lock:
            self._checks -= 1
            if not self._checks and self._has_frozen:
                gc.unfreeze()
                self._has_frozen = False

    def freeze_more(self) -> None:
        """Leave out what is there now, too."""
        with self._lock:
            if self._has_frozen:
                gc.freeze()


_collector = _Collector()


@contextlib.contextmanager
def short_pauses() -> Iterator[None]:
    """Within, a check is under way: collections leave out what was there before."""
    _collector.begin()
    try:
        yield
    finally:
        _collector.end()


@contextlib.contextmanager
def no_pauses() -> Iterator[None]:
    """Within, nothing is collected: for the loading of modules, which leaves no garbage. What was loaded is
    left out of collections as well."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        _collector.freeze_more()
        if was_enabled:
            gc.enable()
