"""What every part of a live run shares: the choices, the clock, the resolver, and where events go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from probe.model.logged import LogAccount
from probe.model.observed import Part
from probe.model.reply import Reply, Stage
from probe.model.session import Advice, Experiment
from probe.model.target import Options, Target
from probe.net.clock import Clock, Deadline
from probe.net.resolver import Resolver
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dns.message import Resolution, T, run_async
from probe.survey.sending import Sending
from probe.world import World


@dataclass(frozen=True, slots=True)
class Judges:
    """The interpretations that a live run needs, and does not make itself: whether a reply's own words name
    its cause, whether they say that the probe's own address is not wanted, and which of the control
    experiments that are offered to make next."""

    settles_cause: Callable[[Reply, Stage], bool]
    refuses_this_client: Callable[[Reply, Stage], bool]
    next_experiment: Callable[[Recording, tuple[Experiment, ...]], Awaitable[Advice]]


@dataclass(frozen=True, slots=True)
class UserFiles:
    """What the user gave beside addresses and options: name and octets of --message and of --bounce, and
    what the log of --log tells."""

    message: tuple[str, bytes] | None = None
    bounce: tuple[str, bytes] | None = None
    log: LogAccount | None = None


@dataclass(slots=True)
class Context:
    """One run in its world. `record` is the only way in which anything that was seen leaves it; `pending`
    holds the parts that are not yet done, each with how many of its pieces are under way; `posture` the
    surveys that tell about the sender, whom the experiments are chosen for."""

    target: Target
    options: Options
    world: World
    judges: Judges
    clock: Clock
    deadline: Deadline
    resolver: Resolver
    recording: Recording
    sink: Callable[[ev.Event], None]
    say: Callable[[str], None]
    files: UserFiles
    how: Sending | None = None
    pending: dict[Part, int] = field(default_factory=dict)
    posture: list[asyncio.Future[Any]] = field(default_factory=list)

    @property
    def sending(self) -> Sending:
        """How it sends, as far as is known by now."""
        return self.how or Sending(self.options)

    def record(self, event: ev.Event) -> None:
        """Keep an observation, and pass it on to --record."""
        self.recording.append(event)
        self.sink(event)

    async def await_posture(self) -> None:
        """Wait for what DNS says of the sender, no longer than for one slow question."""
        if self.posture:
            await asyncio.wait(self.posture, timeout=self.deadline.cut(self.world.pace.dns_lifetime))

    async def ask(self, resolution: Resolution[T]) -> T:
        """Drive a DNS algorithm over the live resolver."""
        return await run_async(resolution, self.resolver.ask)
