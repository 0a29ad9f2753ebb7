"""The pauses of Python's garbage collector, kept short while checks are under way.

A full collection looks at every object of the process while the event loop stands still: for a program with
the libraries of this one 50 to 80 ms, and oftener the more the checks make. So what exists when the first
check begins is left out of collections (gc.freeze) until the last one under way has ended. Then all is as
before, and what has become garbage in the meantime is found by the next collection.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from collections.abc import Iterator

_RARELY = 50_000  # new objects; Python's default of 700 or 2000 is thought for programs of any kind


class _Collector:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: list[asyncio.AbstractEventLoop] = []  # of each check
        self._has_frozen = False
        self._rare_runs = 0
        self._threshold = gc.get_threshold()

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """A check begins. Where the program has frozen objects itself it knows better: nothing is changed."""
        with self._lock:
            self._under_way = [it for it in self._under_way if not it.is_closed()]
            self._thaw_after_the_last()
            self._under_way.append(loop)
            if len(self._under_way) == 1 and not gc.get_freeze_count():
                gc.freeze()
                self._has_frozen = True

    def end(self, loop: asyncio.AbstractEventLoop) -> None:
        """A check has ended."""
        with self._lock:
            if loop in self._under_way:
                self._under_way.remove(loop)
            self._thaw_after_the_last()

    def _thaw_after_the_last(self) -> None:
        if self._has_frozen and not self._under_way:
            gc.unfreeze()
            self._has_frozen = False

    def slow_down(self) -> None:
        """From here on it looks less often, until the last who asked for that calls `speed_up`."""
        with self._lock:
            if not self._rare_runs:
                self._threshold = gc.get_threshold()
                gc.set_threshold(_RARELY, *self._threshold[1:])
            self._rare_runs += 1

    def speed_up(self) -> None:
        """As before."""
        with self._lock:
            self._rare_runs -= 1
            if not self._rare_runs:
                gc.set_threshold(*self._threshold)

    def freeze_more(self) -> None:
        """Leave out what is there now, too."""
        with self._lock:
            if self._has_frozen:
                gc.freeze()


_collector = _Collector()


@contextlib.contextmanager
def short_pauses() -> Iterator[None]:
    """Within, a check is under way in the running event loop: collections leave out what was there before."""
    loop = asyncio.get_running_loop()
    _collector.begin(loop)
    try:
        yield
    finally:
        _collector.end(loop)


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


@contextlib.contextmanager
def rare_collections() -> Iterator[None]:
    """Within, much is made and dropped that holds no circles: the collector looks at it less often, and not
    at what was there before. It had taken a third of the time of a DNS question."""
    with short_pauses():
        _collector.slow_down()
        try:
            yield
        finally:
            _collector.speed_up()
