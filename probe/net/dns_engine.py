"""The resolver for thousands of questions: the same answers as `Resolver`, but much faster.

A question costs a datagram each way and a few tuples, no task and no future: a reply is sent directly to the
waiting generator. Against forged answers (RFC 5452) each name server is asked from sixteen connected sockets,
so that the kernel drops datagrams from elsewhere and an attacker must guess the port, too; ids come from the
system's random source, and the question octets are compared.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Generator, Iterable
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

from probe.model.target import Endpoint
from probe.net.dns_careful import CarefulQuestions
from probe.net.dns_response import Response
from probe.net.dns_window import QuestionWindow
from probe.net.gc_pauses import rare_collections
from probe.net.resolver import Resolver
from probe.settings import (
    DNS_LIFETIME,
    DNS_QUERY_TIMEOUT,
    ENGINE_CAREFUL,
    ENGINE_RESOLVER_QUERIES,
    ENGINE_WORK,
)
from probe.standards.dns.message import Answer, Question

T = TypeVar("T")
Work = Generator[tuple[Question, ...], tuple[Response, ...], T]
"""What is to be found out: yields questions that may be asked at once, is sent their responses in the same
order, and returns its result. It must not block: it runs where datagrams are read."""


class _Task:
    """A generator that runs, its responses, and how many it waits for; with all it is put into `ready`."""

    __slots__ = ("missing", "ready", "responses", "work")

    def __init__(self, work: Work[None], ready: deque[_Task]) -> None:
        self.work = work
        self.ready = ready
        self.responses: Any = None  # a list of Response, or None if one is missing
        self.missing = 0

    def fill_in(self, place: int, response: Response) -> None:
        """Receive the response to the question at `place` of those that the work asked last."""
        self.responses[place] = response
        self.missing -= 1
        if not self.missing:
            self.ready.append(self)


class _Series:
    """All `works`, taken from the iterator when there is room; `take` receives each result."""

    def __init__(
        self, questions: QuestionWindow, works: Iterable[Work[Any]], take: Callable[[Any], None]
    ) -> None:
        self._questions = questions
        self._works = iter(works)
        self._has_more = True
        self._take = take
        self._ready: deque[_Task] = deque()
        self._under_way = 0
        self._room = 0  # for how many works more, in this turn

    def go_on(self) -> bool:
        """Run all until they wait for responses that have not arrived. Returns whether any does."""
        self._room = self._questions.room
        while self._ready:
            self._advance(self._ready.popleft())
        while self._may_begin():
            self._under_way += 1
            self._advance(_Task(self._one_by_one(), self._ready))
        return self._has_more or self._under_way > 0

    def _may_begin(self) -> bool:
        """Whether there is another work, and room for it."""
        if self._room <= 0:  # in the meantime some may have been answered from the cache
            self._room = self._questions.room
        return self._has_more and self._room > 0 and self._under_way < ENGINE_WORK

    def _one_by_one(self) -> Work[None]:
        """Works one after another, as far as there is room. They share a task: one for each takes longer."""
        take = self._take
        while self._room > 0:
            self._room -= 1
            work = next(self._works, None)
            if work is None:
                self._has_more = False
                return
            take((yield from work))

    def _advance(self, task: _Task) -> None:
        """Run a task until it needs a response that has not arrived."""
        ask, go_on = self._questions.ask, task.work.send
        try:
            while True:
                responses: Any = None if task.responses is None else tuple(task.responses)
                questions = go_on(responses)
                responses = task.responses = []
                for question in questions:
                    responses.append(ask(question, task, len(responses)))
                task.missing = responses.count(None)
                if task.missing:
                    return
        except StopIteration:
            self._under_way -= 1


class DnsEngine:
    """Asks `nameservers` (empty: the system's). `window` is a fixed number of concurrent questions; None
    adapts it. `query_timeout` and `lifetime` as in `Resolver`. With `forget_denials` an NXDOMAIN is not
    remembered: who asks again is answered by a name server again. Must be created in a running event loop
    and used as an async context manager."""

    def __init__(
        self,
        nameservers: tuple[Endpoint, ...] = (),
        *,
        window: int | None = None,
        query_timeout: float = DNS_QUERY_TIMEOUT,
        lifetime: float = DNS_LIFETIME,
        forget_denials: bool = False,
    ) -> None:
        """Raises ResolverConfigError when there is no usable name server."""
        careful = CarefulQuestions(
            partial(
                Resolver,
                nameservers,
                query_timeout=query_timeout,
                lifetime=lifetime,
                parallel=ENGINE_CAREFUL,
                max_queries=ENGINE_RESOLVER_QUERIES,
            ),
            self._fail,
        )
        self._change = asyncio.Event()
        self._fault: BaseException | None = None
        self.questions = QuestionWindow(careful, window, self._change.set, forget_denials=forget_denials)

    async def __aenter__(self) -> DnsEngine:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Cancel running work; it gets no result."""
        await self.questions.close()

    async def run(self, works: Iterable[Work[T]], take: Callable[[T], None]) -> None:
        """Run all `works`, taken from the iterator when there is room, and pass each result to `take`, in any
        order. Exceptions of a work, of `works` or of `take` are raised; then the rest is not done."""
        series = _Series(self.questions, works, take)
        with rare_collections():
            while series.go_on():
                self.questions.send()
                self._change.clear()
                await self._change.wait()
                if self._fault is not None:
                    raise self._fault

    async def ask(self, questions: tuple[Question, ...]) -> tuple[Answer, ...]:
        """The answers in the order of the questions, as in `Resolver.ask`."""
        answers: list[Answer] = []

        def work() -> Work[tuple[Response, ...]]:
            return (yield questions)

        await self.run([work()], lambda responses: answers.extend(it.answer() for it in responses))
        return tuple(answers)

    def _fail(self, error: BaseException) -> None:
        """Let `run` raise an unexpected exception."""
        self._fault = error
        self._change.set()
