"""The resolver for thousands of questions: the same answers as `Resolver`, at a fraction of its cost.

A question costs a datagram each way and a few tuples, no task and no future: what arrives goes straight into
the generator that waits for it. Against forged answers (RFC 5452) each name server is asked from sixteen
connected sockets, so that the kernel drops what comes from elsewhere and a forger must guess the port, too;
ids come from the system's random source, and the question octets are compared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterable, Iterator
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
    """A piece of work that is under way, the responses that it has, and how many it waits for."""

    __slots__ = ("missing", "responses", "take", "work")

    def __init__(self, work: Work[Any], take: Callable[[Any], None]) -> None:
        self.work = work
        self.take = take
        self.responses: list[Any] = []  # Response, or None where it is missing
        self.missing = 0


class DnsEngine:
    """Asks `nameservers` (empty: the system's). `window` keeps the number of questions under way as it is,
    None finds it out. `query_timeout` and `lifetime` are those of `Resolver`. To be made in a running event
    loop, and used as an async context manager."""

    def __init__(
        self,
        nameservers: tuple[Endpoint, ...] = (),
        *,
        window: int | None = None,
        query_timeout: float = DNS_QUERY_TIMEOUT,
        lifetime: float = DNS_LIFETIME,
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
        self.questions = QuestionWindow(careful, window, self._fill)
        self._loop = asyncio.get_running_loop()
        self._source: Iterator[_Task] | None = None
        self._completion: asyncio.Future[None] | None = None
        self._under_way = 0

    async def __aenter__(self) -> DnsEngine:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop what is under way; it stays without a result."""
        self._source = None
        await self.questions.close()

    async def run(self, works: Iterable[Work[T]], take: Callable[[T], None]) -> None:
        """Do all `works`, drawn as there is room for them, and hand on each result as it comes, in no order.
        Raises what a piece of work, `works` or `take` raises; then the rest is not done."""
        self._source = (_Task(work, take) for work in works)
        self._completion = self._loop.create_future()
        try:
            with rare_collections():
                self._fill()
                await self._completion
        finally:
            self._source = self._completion = None

    async def ask(self, questions: tuple[Question, ...]) -> tuple[Answer, ...]:
        """The answers in the order of the questions, as `Resolver.ask` gives them."""
        result: asyncio.Future[tuple[Response, ...]] = self._loop.create_future()

        def work() -> Work[tuple[Response, ...]]:
            return (yield questions)

        def take(responses: tuple[Response, ...]) -> None:
            if not result.cancelled():
                result.set_result(responses)

        self._go_on(_Task(work(), take), None)
        self.questions.send()
        return tuple(response.answer() for response in await result)

    def _go_on(self, task: _Task, responses: tuple[Response, ...] | None) -> None:
        """Let a piece of work run until it needs a response that is not there."""
        if responses is None:
            self._under_way += 1
        try:
            has_ended, result = self._advance(task, responses)
            if has_ended:
                self._under_way -= 1
                task.take(result)
        except Exception as error:  # noqa: BLE001 - of the caller's own code, and for the caller
            self._fail(error)

    def _advance(self, task: _Task, responses: tuple[Response, ...] | None) -> tuple[bool, object]:
        """Whether the piece of work has come to its end, and its result."""
        try:
            while True:
                questions = next(task.work) if responses is None else task.work.send(responses)
                task.responses = [self._ask(it, task, place) for place, it in enumerate(questions)]
                task.missing = task.responses.count(None)
                if task.missing:
                    return False, None
                responses = tuple(task.responses)
        except StopIteration as stop:
            return True, stop.value

    def _fail(self, error: BaseException) -> None:
        """Give up; `run` raises the error."""
        self._source = None
        if self._completion is not None and not self._completion.done():
            self._completion.set_exception(error)

    def _ask(self, question: Question, task: _Task, place: int) -> Response | None:
        return self.questions.ask(question, partial(self._take, task, place))

    def _take(self, task: _Task, place: int, response: Response) -> None:
        task.responses[place] = response
        task.missing -= 1
        if not task.missing:
            self._go_on(task, tuple(task.responses))

    def _fill(self) -> None:
        """Begin what there is room for, and send its questions."""
        questions = self.questions
        while self._source is not None and not questions.is_full and self._under_way < ENGINE_WORK:
            task = self._next_task()
            if task is not None:
                self._go_on(task, None)
                questions.send()
        questions.send()
        if not self._under_way and self._source is None and self._completion and not self._completion.done():
            self._completion.set_result(None)

    def _next_task(self) -> _Task | None:
        """The next piece of work; None when there is none."""
        task = None
        try:
            task = next(self._source, None) if self._source is not None else None
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(error)
        if task is None:
            self._source = None
        return task
