"""Composes the program: live runs, replays, reports. The only module that sees both sides."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from probe import settings
from probe._version import VERSION
from probe.model.report import Report
from probe.model.session import Advice, Experiment
from probe.model.target import Options, PairTarget, Target
from probe.recording import events as ev
from probe.recording.journal import Recording

if TYPE_CHECKING:
    from probe.knowledge.severities import Severities

Sink = Callable[[ev.Event], None]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Lab:
    """Where a demo's servers are, instead of the ports and roots of the Internet."""

    scenario: str
    https_context: ssl.SSLContext | None
    https_port: int | None
    tls_roots: str | None = None  # a PEM file: what its mail servers' certificates are judged by


async def observe(
    target: Target,
    options: Options,
    *,
    message: tuple[str, bytes] | None = None,
    bounce: tuple[str, bytes] | None = None,
    sink: Sink | None = None,
    progress: Progress | None = None,
    recording_to: Callable[[Recording], None] | None = None,
    lab: Lab | None = None,
    pace: settings.Pace = settings.PACE,
    spent: float = 0.0,
) -> Recording:
    """Make one live run and return what was observed, complete or cut short by the deadline.

    `message` is the name and the octets of --message, `bounce` those of --bounce; `sink` gets every
    event as it is observed (--record); `progress` short words on what is being done; `recording_to`
    is handed the recording before the first observation, so that an interrupted caller still has it;
    `pace` how long it waits; `spent` the seconds of the timeout that are gone already.
    Cancelling ends the run: what was not reached is recorded, then CancelledError goes on. Raises
    ResolverConfigError when there is no resolver to ask.

    Where the process has no room for a further run beside those that are under way, it waits first, and its
    time counts from then.
    """
    from probe.collect.context import Context
    from probe.collect.live import observe as observe_all
    from probe.diagnosis.answer import refuses_this_client, settles_cause
    from probe.net import descriptors
    from probe.net.clock import Clock
    from probe.net.dns_schedule import schedule
    from probe.net.resolver import Resolver

    async with descriptors.admitted():
        await schedule().nobody_waits()
        clock = Clock()
        started = _started(clock.started_at, target, options, lab)
        recording = Recording(started)
        if recording_to is not None:
            recording_to(recording)
        keep = sink or _nowhere
        keep(started)
        deadline = clock.deadline(_time_to_observe(options.timeout - spent, spent))
        async with Resolver(
            options.nameservers,
            on_answer=lambda answer: context.record(ev.DnsAnswered(clock.at_ms(), answer)),
            remaining=deadline.remaining,
            query_timeout=pace.dns_query,
            lifetime=pace.dns_lifetime,
        ) as resolver:
            context = Context(
                target=target,
                options=started.options,
                clock=clock,
                deadline=deadline,
                resolver=resolver,
                recording=recording,
                sink=keep,
                settled=settles_cause,
                unwelcome=refuses_this_client,
                advise=_advice_in_thread,
                say=progress or _unsaid,
                message=message,
                bounce=bounce,
                https_context=lab.https_context if lab is not None else None,
                https_port=lab.https_port if lab is not None else None,
                tls_roots=lab.tls_roots if lab is not None else None,
                pace=pace,
            )
            for place, reason in resolver.passed_over:
                context.record(ev.NotReached(clock.at_ms(), place, reason))
            await observe_all(context)
    return recording


def _started(at: str, target: Target, options: Options, lab: Lab | None) -> ev.Started:
    return ev.Started(
        version=ev.FORMAT_VERSION,
        tool_version=VERSION,
        started_at=at,
        target=target,
        options=options if options.seed else replace(options, seed=secrets.randbits(63) | 1),
        invocation=_invocation(target, lab),
        scenario=lab.scenario if lab is not None else None,
        survey=ev.SURVEY,
    )


def prepare() -> None:
    """Load all that a run and its report need, and read the tables: for those who cannot have that done in
    the middle of a run."""
    from probe.collect.prepare import prepare as prepare_to_ask
    from probe.diagnosis.prepare import prepare as prepare_to_judge

    prepare_to_ask()
    prepare_to_judge()


async def _advice_in_thread(recording: Recording, offered: tuple[Experiment, ...]) -> Advice:
    from probe.diagnosis.advice import next_experiment
    from probe.facts.build import facts_of
    from probe.net.threads import in_thread

    so_far = Recording.of(tuple(recording))  # the run goes on meanwhile
    return await in_thread(partial(next_experiment, partial(facts_of, so_far), offered))


def report_of(recording: Recording, severities: Severities | None = None) -> Report:
    """The report of a recording; the same for a live run and its replay. `severities` are the user's own, by
    tag: they are no observation, and stand in no recording."""
    from probe.diagnosis.assemble import report_of as assemble
    from probe.report.blocklist_keys import without_keys

    return without_keys(assemble(recording, severities), recording.started.options.dnsbl)


def replay(path: Path, severities: Severities | None = None) -> Report:
    """The report of a saved run; `severities` as in `report_of`. Raises RecordingError for what is no
    recording, OSError."""
    from probe.recording.file import load

    return report_of(load(path), severities)


def _time_to_observe(left: float, spent: float) -> float:
    """What of the time that is left may be used: what follows the run takes about as long as what went
    before it, and longer on a slow machine; a short run is not given over to its report."""
    reserve = max(settings.REPORT_RESERVE, settings.REPORT_SHARE * spent)
    return max(0.0, left - min(reserve, left * 2 / 3))


def _invocation(target: Target, lab: Lab | None) -> str:
    if lab is not None:
        return "demo"
    return "check" if isinstance(target, PairTarget) else "domain"


def _nowhere(_: ev.Event) -> None:
    return None


def _unsaid(_: str) -> None:
    return None
