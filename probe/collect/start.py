"""The beginning of a live run: it is let in, its clock and deadline are set, its resolver is made."""

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
    """Who is told of a run while it is made: of each event, of what is being done in short words, and of the
    recording, before the first observation. None where nobody is."""

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
    """Make one live run in `world`; `spent` are the seconds of its timeout that are gone already. Raises
    ResolverConfigError when there is no resolver to ask; a cancellation goes on once what was not reached is
    recorded."""
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
    """What of the time that is left may be used: what follows the run takes about as long as what went
    before it, and longer on a slow machine; a short run is not given over to its report."""
    reserve = max(settings.REPORT_RESERVE, settings.REPORT_SHARE * spent)
    return max(0.0, seconds_left - min(reserve, seconds_left * 2 / 3))


def _unheard(_: object) -> None:
    return None
