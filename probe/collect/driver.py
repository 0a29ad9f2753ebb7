"""Drives surveys over the network: questions go to the resolver, branches run concurrently, long work in a
thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from probe.collect.context import Context
from probe.collect.transport import fetch_policy
from probe.model.fault import Fault, collect_faults, recover_async
from probe.model.observed import Part
from probe.model.program_part import ProgramPart
from probe.net.threads import in_thread
from probe.recording import events as ev
from probe.standards.dns.results import MxResult
from probe.survey.driving import (
    Lengthy,
    Mailer,
    PartOfRun,
    Place,
    PolicyHost,
    Request,
    Route,
    Standing,
    Survey,
    Together,
)
from probe.survey.sending import Sending

T = TypeVar("T")
U = TypeVar("U")


class Driver:
    """The surveys of one run. `route` is where the recipient's mail is taken (None: this program failed to
    find out); `place` and `how` are set by the run; surveys that need them wait."""

    def __init__(self, context: Context) -> None:
        loop = asyncio.get_running_loop()
        self._context = context
        self.route: asyncio.Future[MxResult | None] = loop.create_future()
        self.place: asyncio.Future[Place] = loop.create_future()
        self.how: asyncio.Future[Sending] = loop.create_future()

    async def drive(self, survey: Survey[T]) -> T:
        """Run a survey; returns its result."""
        reply: Any = None
        while True:
            try:
                request = survey.send(reply)
            except StopIteration as stop:
                result: T = stop.value
                return result
            reply = await self._answer(request)

    async def _answer(self, request: Request) -> Any:
        match request:
            case Together():
                return tuple(await asyncio.gather(*map(self.drive, request.surveys)))
            case PartOfRun():
                work = request.survey
                return await part(self._context, request.name, lambda: self.drive(work), request.instead)
            case Lengthy():
                return await in_thread(request.work)
            case Standing():
                return await asyncio.shield(self.place)  # others wait for it, too
            case Mailer():
                return await asyncio.shield(self.how)
            case Route():
                return self.route.set_result(request.mx)
            case PolicyHost():
                return await fetch_policy(self._context, request.domain, request.answers)
            case _:
                answers = await self._context.resolver.ask(request)
                return tuple(answer.believed() for answer in answers)


async def part(context: Context, name: Part, work: Callable[[], Awaitable[T]], instead: U) -> T | U:
    """Run one part; if the run is cut short, it is recorded as not reached. `work` creates the coroutine
    here, because an unstarted coroutine would cause a warning."""
    context.pending[name] = context.pending.get(name, 0) + 1
    result = await recover_parts(context, [name], work(), instead)
    others = context.pending.pop(name, 0) - 1  # pieces of the same part
    if others > 0:
        context.pending[name] = others
    return result


async def recover_parts(context: Context, names: Sequence[Part], work: Awaitable[T], instead: U) -> T | U:
    """Do the work of these parts; if this program fails at it, the run continues with `instead`, and the
    unfinished parts are recorded as not reached."""
    with collect_faults() as faults:
        result = await recover_async(ProgramPart.RUN, work, instead, step=9, of=names[0])
    leave_out(context, names, faults)
    return result


def leave_out(context: Context, names: Sequence[Part], faults: Sequence[Fault]) -> None:
    """Record the parts of these that are still open as not reached, for the first of the faults."""
    for fault in faults:
        for name in names:
            if name in context.pending:
                context.record(ev.NotReached(context.clock.at_ms(), name, fault.reason))
                context.pending.pop(name)
