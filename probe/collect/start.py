"""The start of a live run: admission, clock and deadline, resolver, and the questions for the mail route.

The modules of the rest of the run are loaded while the first question is under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from probe import settings
from probe._dataclass import dataclass, replace
from probe._version import VERSION
from probe.collect.context import Context, Judges, UserFiles
from probe.collect.under_way import under_way
from probe.model.observed import Part
from probe.model.target import Options, PairTarget, Target, recipient_domain
from probe.net.threads import in_thread
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dns.message import run_async
from probe.survey.sending import route
from probe.world import World

if TYPE_CHECKING:
    from types import ModuleType


@dataclass(frozen=True, slots=True)
class Listeners:
    """Callbacks of a run: for each event, for short texts on the current step, and for the recording before
    the first observation. None if there is none."""

    sink: Callable[[ev.Event], None] | None = None
    progress: Callable[[str], None] | None = None
    recording_to: Callable[[Recording], None] | None = None


async def make_run(
    target: Target,
    options: Options,
    world: World,
    judges: Callable[[], Judges],
    files: UserFiles,
    listeners: Listeners,
    spent: float,
) -> Recording:
    """Make one live run in `world`; `judges` is called in a thread; `spent` are the seconds of its timeout
    already used. Raises ResolverConfigError if there is no resolver to ask; a cancellation is raised after
    recording what was not reached."""
    async with world.admission():
        clock = world.clock()
        started = _start_event(clock.started_at, target, options, world)
        recording = Recording(started)
        sink = listeners.sink or _unheard
        sink(started)

        def record(event: ev.Event) -> None:
            recording.append(event)
            sink(event)

        deadline = clock.deadline(clock.seconds() + _time_to_observe(options.timeout - spent, spent))
        async with (
            world.resolver(
                options.nameservers,
                on_answer=lambda answer: record(ev.DnsAnswered(clock.at_ms(), answer)),
                on_silence=lambda server, status: record(ev.NameServerSilent(clock.at_ms(), server, status)),
                seconds_left=deadline.seconds_left,
                query_timeout=world.pace.dns_query,
                lifetime=world.pace.dns_lifetime,
            ) as resolver,
            # the first questions of the survey of the recipient: it gets the answers from the resolver's
            # cache, and an exception is raised there again, where it is reported
            under_way(run_async(route(recipient_domain(target), started.options), resolver.ask)),
        ):
            live = await _rest_of_the_run(recipient_domain(target))
            if listeners.recording_to is not None:
                listeners.recording_to(recording)
            context = Context(
                target=target,
                options=started.options,
                world=world,
                judges=judges,
                clock=clock,
                deadline=deadline,
                resolver=resolver,
                recording=recording,
                record=record,
                say=listeners.progress or _unheard,
                files=files,
            )
            for reason in resolver.passed_over:
                context.record(ev.NotReached(clock.at_ms(), Part.RESOLVER, reason))
            await live.observe(context)
    return recording


async def _rest_of_the_run(domain: str) -> ModuleType:
    """The module of the rest of the run to this domain. A caller that is cancelled meanwhile gets it and is
    cancelled again at its next wait, so that what was not reached is recorded."""
    loading = asyncio.ensure_future(_load(domain))
    try:
        return await asyncio.shield(loading)
    except asyncio.CancelledError:
        live = await loading
        task = asyncio.current_task()
        if task is not None:
            task.cancel()
        return live


async def _load(domain: str) -> ModuleType:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    return await in_thread(lambda: _live(domain))


# of the event loop, in which the first question leaves: a thread that loads modules would hold it up
_TURNS = 20


def _live(domain: str) -> ModuleType:
    from probe.collect import live

    live.read_ahead(domain)
    return live


def _start_event(at: str, target: Target, options: Options, world: World) -> ev.Started:
    return ev.Started(
        version=ev.FORMAT_VERSION,
        tool_version=VERSION,
        started_at=at,
        target=target,
        options=options if options.seed else replace(options, seed=world.seed()),
        invocation=_invocation(target, world),
        scenario=world.scenario,
        survey=ev.SURVEY,
    )


def _invocation(target: Target, world: World) -> str:
    if world.scenario is not None:
        return "demo"
    return "check" if isinstance(target, PairTarget) else "domain"


def _time_to_observe(seconds_left: float, spent: float) -> float:
    """The part of the remaining time for observations: making the report takes about as long as starting up,
    longer on a slow machine; but a short run keeps most of its time."""
    reserve = max(settings.REPORT_RESERVE, settings.REPORT_SHARE * spent)
    return max(0.0, seconds_left - min(reserve, seconds_left * 2 / 3))


def _unheard(_: object) -> None:
    return None
