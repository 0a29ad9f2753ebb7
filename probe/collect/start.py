"""The start of a live run: admission, clock and deadline, resolver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from probe import settings
from probe._version import VERSION
from probe.collect.context import Context, Judges, UserFiles
from probe.collect.live import observe
from probe.model.observed import Part
from probe.model.target import Options, PairTarget, Target
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.world import World


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
    judges: Judges,
    files: UserFiles,
    listeners: Listeners,
    spent: float,
) -> Recording:
    """Make one live run in `world`; `spent` are the seconds of its timeout already used. Raises
    ResolverConfigError if there is no resolver to ask; a cancellation is raised after recording what was not
    reached."""
    async with world.admission():
        clock = world.clock()
        started = _start_event(clock.started_at, target, options, world)
        recording = Recording(started)
        if listeners.recording_to is not None:
            listeners.recording_to(recording)
        sink = listeners.sink or _unheard
        sink(started)
        deadline = clock.deadline(_time_to_observe(options.timeout - spent, spent))
        async with world.resolver(
            options.nameservers,
            on_answer=lambda answer: context.record(ev.DnsAnswered(clock.at_ms(), answer)),
            on_silence=lambda server, status: context.record(
                ev.NameServerSilent(clock.at_ms(), server, status)
            ),
            seconds_left=deadline.seconds_left,
            query_timeout=world.pace.dns_query,
            lifetime=world.pace.dns_lifetime,
        ) as resolver:
            context = Context(
                target=target,
                options=started.options,
                world=world,
                judges=judges,
                clock=clock,
                deadline=deadline,
                resolver=resolver,
                recording=recording,
                sink=sink,
                say=listeners.progress or _unheard,
                files=files,
            )
            for reason in resolver.passed_over:
                context.record(ev.NotReached(clock.at_ms(), Part.RESOLVER, reason))
            await observe(context)
    return recording


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
