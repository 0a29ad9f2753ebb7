"""Asks some of many questions with the resolver for single questions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from probe.net.resolver import Resolver
from probe.settings import ENGINE_RESOLVER_USES
from probe.standards.dns.message import Answer, Question


class CarefulQuestions:
    """Asks with a `Resolver`; `failed` receives unexpected exceptions. A resolver keeps each answer in
    memory, so it is replaced after ENGINE_RESOLVER_USES questions."""

    def __init__(self, make: Callable[[], Resolver], failed: Callable[[BaseException], None]) -> None:
        """`make` creates a resolver; its exceptions are raised."""
        self._make = make
        self._failed = failed
        self.resolver = make()
        self._uses = 0
        self._tasks: dict[asyncio.Task[tuple[Answer, ...]], Resolver] = {}

    @property
    def open(self) -> int:
        """How many questions have no answer yet."""
        return len(self._tasks)

    def ask(self, question: Question, take: Callable[[Answer], None]) -> None:
        """Ask, and pass on the answer when it arrives."""
        self._uses += 1
        if self._uses > ENGINE_RESOLVER_USES:
            self.resolver, self._uses = self._make(), 1
        task = asyncio.get_running_loop().create_task(self.resolver.ask((question,)))
        self._tasks[task] = self.resolver
        task.add_done_callback(partial(self._end, take))

    def _end(self, take: Callable[[Answer], None], task: asyncio.Task[tuple[Answer, ...]]) -> None:
        del self._tasks[task]
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._failed(error)
        else:
            take(task.result()[0])

    async def close(self) -> None:
        """Cancel open questions; they get no answer."""
        resolvers = {self.resolver, *self._tasks.values()}
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for resolver in resolvers:
            await resolver.close()
