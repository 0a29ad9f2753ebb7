"""Whose turn it is: many operators at once, each with one session at a time, at its own pace."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from itertools import count

from probe._dataclass import dataclass, field
from probe.bulk.pace import Pace
from probe.cli.bulk_answers import Answers, OpenDomain

_LOADED = 500  # domains of a lane at once
_LONG = 5.0  # seconds of waiting that are worth telling


@dataclass(slots=True)
class Work:
    """What is open in a lane. `tries`: lanes whose servers could not be reached for the first domain of the
    queue; `is_whole` False: of this lane only what is in the queue."""

    lane: int
    queue: deque[OpenDomain] = field(default_factory=deque)
    tries: set[int] = field(default_factory=set)
    is_whole: bool = True
    _after: int = 0

    def first(self, answers: Answers) -> OpenDomain | None:
        """The domain whose turn it is; None where there is no more."""
        if not self.queue and self.is_whole:
            self.queue.extend(answers.open_domains(self.lane, self._after, _LOADED))
            self._after = self.queue[-1].id if self.queue else self._after
        return self.queue[0] if self.queue else None

    def drop(self) -> None:
        """Nothing more is to be asked about the first one here."""
        self.queue.popleft()
        self.tries = set()


Visit = Callable[[Work], Awaitable[None]]
"""Holds one session with the servers of the first domain of a work, and keeps what they said."""


class Turns:
    """Runs visits, at most `parallel` at once, until nothing is open. `now` gives seconds since 1970."""

    def __init__(self, answers: Answers, visit: Visit, parallel: int, now: Callable[[], float]) -> None:
        self._answers = answers
        self._visit = visit
        self._parallel = parallel
        self._now = now
        self._waiting: list[tuple[float, int, Work]] = []
        self._held_up: list[Work] = []  # until a session of their lane has ended
        self._running: dict[asyncio.Task[None], Work] = {}
        self._numbers = count()

    async def run(self) -> None:
        """Returns when all is done. What a visit raises is raised."""
        source: Iterator[int] | None = self._answers.open_lanes()
        try:
            while source is not None or self._waiting or self._running or self._held_up:
                while len(self._running) < self._parallel:
                    work = self._ready()
                    if work is None and source is not None:
                        lane = next(source, None)
                        if lane is None:
                            source = None
                        else:
                            self.add(Work(lane))
                        continue
                    if work is None:
                        break
                    self._begin(work)
                await self._wait()
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    def add(self, work: Work) -> None:
        """It takes its turn as soon as its lane is ready."""
        if work.first(self._answers) is not None:
            ready_at = self._pace(work).ready_at(self._now())
            heapq.heappush(self._waiting, (ready_at, next(self._numbers), work))

    def waits(self) -> tuple[OpenDomain, Pace] | None:
        """What nothing else can be done before: the first domain of the lane that is ready next, and its
        pace. None while anything is asked."""
        if self._running or not self._waiting or self._waiting[0][0] - self._now() < _LONG:
            return None
        work = self._waiting[0][2]
        return work.queue[0], self._pace(work)

    def pauses(self) -> Iterator[tuple[OpenDomain, Pace]]:
        """The lanes that pause because of what their servers said."""
        for _, _, work in self._waiting:
            pace = self._pace(work)
            if pace.paused_until > self._now():
                yield work.queue[0], pace

    def _pace(self, work: Work) -> Pace:
        return self._answers.pace(self._answers.lanes.root(work.lane))

    def _ready(self) -> Work | None:
        now = self._now()
        while self._waiting and self._waiting[0][0] <= now:
            _, number, work = heapq.heappop(self._waiting)
            pace = self._pace(work)
            ready_at = pace.ready_at(now)
            if pace.holders:
                self._held_up.append(work)
            elif ready_at > now:
                heapq.heappush(self._waiting, (ready_at, number, work))
            else:
                return work
        return None

    def _begin(self, work: Work) -> None:
        self._pace(work).holders += 1
        self._running[asyncio.ensure_future(self._visit(work))] = work

    async def _wait(self) -> None:
        """Until a visit ends, or a lane is ready that could begin."""
        has_room = len(self._running) < self._parallel
        seconds = max(self._waiting[0][0] - self._now(), 0) if has_room and self._waiting else None
        if not self._running:
            await asyncio.sleep(seconds or 0)
            return
        ended, _ = await asyncio.wait(self._running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            work = self._running.pop(task)
            self._pace(work).holders -= 1
            task.result()
            self.add(work)
        if ended:
            held_up, self._held_up = self._held_up, []
            for work in held_up:
                self.add(work)
