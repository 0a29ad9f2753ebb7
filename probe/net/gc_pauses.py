"""Keeps the pauses of Python's garbage collector short while checks are running.

A full collection visits every object of the process and blocks the event loop: with the libraries of this
program for 50 to 80 ms, and more often the more objects the checks create. So objects that exist when the
first check begins are excluded from collections (gc.freeze) until the last running check has ended. After
that the next collection finds all garbage as before.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from collections.abc import Iterator

_RARELY = 50_000  # new objects; Python's default is 700 or 2000


class _Collector:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: list[asyncio.AbstractEventLoop] = []  # of each check
        self._has_frozen = False
        self._rare_runs = 0
        self._threshold = gc.get_threshold()

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """A check begins. If the calling program has frozen objects itself, nothing is changed."""
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
        """Collect less often, until `speed_up` was called as often as this."""
        with self._lock:
            if not self._rare_runs:
                self._threshold = gc.get_threshold()
                gc.set_threshold(_RARELY, *self._threshold[1:])
            self._rare_runs += 1

    def speed_up(self) -> None:
        """Collect at the usual rate again."""
        with self._lock:
            self._rare_runs -= 1
            if not self._rare_runs:
                gc.set_threshold(*self._threshold)

    def freeze_more(self) -> None:
        """Also exclude the objects that exist now."""
        with self._lock:
            if self._has_frozen:
                gc.freeze()


_collector = _Collector()


@contextlib.contextmanager
def short_pauses() -> Iterator[None]:
    """A context for a check in the running event loop: objects from before are excluded from collections."""
    loop = asyncio.get_running_loop()
    _collector.begin(loop)
    try:
        yield
    finally:
        _collector.end(loop)


@contextlib.contextmanager
def no_pauses() -> Iterator[None]:
    """A context without collections, for loading modules, which leaves no garbage. Loaded objects are then
    excluded from collections as well."""
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
    """A context for code that creates many objects without reference cycles: collections are rarer, and
    existing objects are excluded. Otherwise the collector takes a third of the time of a DNS question."""
    with short_pauses():
        _collector.slow_down()
        try:
            yield
        finally:
            _collector.speed_up()
