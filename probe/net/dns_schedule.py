"""Schedules the DNS questions of an event loop: a limited number at once, in rotation between runs.

The receive buffer of a name server has about two hundred datagrams on Linux, and more are lost; some
forwarders refuse more than 150 questions at once. And the questions of many checks, sent in one turn of the
loop, would block other work. So a question waits until there is room; a few are sent in each turn, in
rotation between runs; and a new run begins when no question waits. Event loops in several threads share the
limit evenly.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable

from probe.settings import DNS_A_TURN, DNS_OPEN_LIMIT, DNS_RECENT, DNS_RECENT_LIMIT


class RunQuestions:
    """The questions of one run: at most `limit` of them are under way."""

    __slots__ = ("limit", "under_way", "waiting")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.under_way = 0
        self.waiting: deque[Begin] = deque()

    @property
    def may_go_on(self) -> bool:
        """Whether one of its questions waits and may be sent."""
        return bool(self.waiting) and self.under_way < self.limit


class Turn:
    """One question under way. It is recent for DNS_RECENT seconds: after that it is no longer in the server's
    buffer, and the server itself is waiting for others."""

    __slots__ = ("_schedule", "ages_at", "is_recent", "run")

    def __init__(self, schedule: Schedule, run: RunQuestions, ages_at: float) -> None:
        self._schedule = schedule
        self.run = run
        self.ages_at = ages_at
        self.is_recent = True

    def end(self) -> None:
        """The question is finished."""
        self._schedule.end_turn(self)


Begin = Callable[[Turn], None]


class Schedule:
    """The questions of one event loop. For use within that loop alone."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)
        self._rotation: OrderedDict[RunQuestions, None] = OrderedDict()
        self._new_runs: deque[asyncio.Future[None]] = deque()
        self._recent: deque[Turn] = deque()
        self._recent_count = 0
        self._open = 0
        self._turn: asyncio.Handle | None = None  # starts waiting questions
        self._turn_is_next = False  # in the next turn of the loop; otherwise after a delay

    def add(self, run: RunQuestions, begin: Begin) -> None:
        """One more question of the run; `begin` is called when it may be asked, and must not raise."""
        run.waiting.append(begin)
        with _LOCK:
            _BUSY.add(self)
        if run.may_go_on:
            self._rotation[run] = None
        self._wake()

    def withdraw(self, run: RunQuestions) -> None:
        """Drop the waiting questions of the run."""
        run.waiting.clear()
        self._rotation.pop(run, None)
        self._rest()

    async def nobody_waits(self) -> None:
        """Wait until no question waits and no earlier run does: then a new run may begin."""
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        self._new_runs.append(ready)
        self._wake()
        try:
            await ready
        except asyncio.CancelledError:
            with contextlib.suppress(ValueError):  # its turn had come at the same moment
                self._new_runs.remove(ready)
            self._rest()
            raise

    def end_turn(self, turn: Turn) -> None:
        """A question is finished."""
        self._open -= 1
        self._recent_count -= turn.is_recent
        turn.is_recent = False
        turn.run.under_way -= 1
        if turn.run.may_go_on:
            self._rotation.setdefault(turn.run)
        if not self._open and not self._rotation:
            with _LOCK:
                _BUSY.discard(self)
        self._wake()

    @property
    def _has_room(self) -> bool:
        return self._recent_count < _share(DNS_RECENT_LIMIT) and self._open < _share(DNS_OPEN_LIMIT)

    def _wake(self) -> None:
        """Start waiting questions in the next turn of the loop, if any may be sent."""
        loop = self._loop()
        if loop is None or self._turn_is_next or not (self._rotation or self._new_runs):
            return
        if self._turn is not None:
            self._turn.cancel()
        if self._has_room:
            self._turn = loop.call_soon(self._let_through, loop)
            self._turn_is_next = True
        elif self._recent and self._open < DNS_OPEN_LIMIT:
            self._turn = loop.call_at(self._recent[0].ages_at, self._let_through, loop)

    def _rest(self) -> None:
        """Cancel the handle if nothing waits."""
        if self._turn is not None and not self._rotation and not self._new_runs:
            self._turn.cancel()
            self._turn, self._turn_is_next = None, False

    def _let_through(self, loop: asyncio.AbstractEventLoop) -> None:
        self._turn, self._turn_is_next = None, False
        now = loop.time()
        self._age(now)
        for _ in range(DNS_A_TURN):
            if not self._rotation or not self._has_room:
                break
            run, _none = self._rotation.popitem(last=False)
            turn = Turn(self, run, now + DNS_RECENT)
            run.under_way += 1
            self._recent.append(turn)
            self._recent_count += 1
            self._open += 1
            run.waiting.popleft()(turn)
            if run.may_go_on:
                self._rotation[run] = None
        if not self._rotation and self._has_room and self._new_runs:
            ready = self._new_runs.popleft()
            if not ready.done():
                ready.set_result(None)
        self._wake()

    def _age(self, now: float) -> None:
        while self._recent and (self._recent[0].ages_at <= now or not self._recent[0].is_recent):
            turn = self._recent.popleft()
            self._recent_count -= turn.is_recent
            turn.is_recent = False


_LOCK = threading.Lock()
_BUSY: weakref.WeakSet[Schedule] = weakref.WeakSet()  # schedules with open questions, of all threads


def _share(limit: int) -> int:
    """The share of one event loop in a limit of the process."""
    return max(1, limit // max(1, len(_BUSY)))


_OF: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Schedule] = weakref.WeakKeyDictionary()


def schedule() -> Schedule:
    """That of the running event loop."""
    loop = asyncio.get_running_loop()
    own = _OF.get(loop)
    if own is None:
        own = _OF[loop] = Schedule(loop)
    return own
