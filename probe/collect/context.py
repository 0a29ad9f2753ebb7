"""What every part of a live run shares: the choices, the clock, the resolver, and where events go."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from probe import settings
from probe.model.reply import Reply, Stage
from probe.model.session import Advice, Experiment
from probe.model.target import Options, Target
from probe.net.clock import Clock, Deadline
from probe.net.resolver import Resolver
from probe.net.threads import in_thread
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dns.message import Resolution, T, at_once, run_async


@dataclass(slots=True)
class Context:
    """One run. `record` is the only way in which anything that was seen leaves it; `settled` tells
    whether a refusal's own words name its cause, `unwelcome` whether they bar the probe's own address,
    `advise` which control experiment to make next (interpretations, so they are handed in); `pending`
    holds the parts that have begun and are not yet done, `posture` those that tell about the sender, whom
    the experiments are chosen for."""

    target: Target
    options: Options
    clock: Clock
    deadline: Deadline
    resolver: Resolver
    recording: Recording
    sink: Callable[[ev.Event], None]
    settled: Callable[[Reply, Stage], bool]
    unwelcome: Callable[[Reply, Stage], bool]
    advise: Callable[[Recording, tuple[Experiment, ...]], Awaitable[Advice]]
    say: Callable[[str], None]
    message: tuple[str, bytes] | None = None
    bounce: tuple[str, bytes] | None = None
    https_context: ssl.SSLContext | None = None  # a lab's own roots instead of the system's
    https_port: int | None = None
    tls_roots: str | None = None  # a PEM file, for the mail servers
    pace: settings.Pace = settings.PACE
    pending: dict[str, None] = field(default_factory=dict)
    posture: list[asyncio.Task[None]] = field(default_factory=list)

    def record(self, event: ev.Event) -> None:
        """Keep an observation, and pass it on to --record."""
        self.recording.append(event)
        self.sink(event)

    async def posture_known(self) -> None:
        """Wait for what DNS says of the sender, no longer than for one slow question."""
        if self.posture:
            await asyncio.wait(self.posture, timeout=self.deadline.cut(self.pace.dns_lifetime))

    async def ask(self, resolution: Resolution[T], *, long: bool = False) -> T:
        """Drive a DNS algorithm over the live resolver, in a thread where it computes `long`."""
        return await run_async(resolution, self.resolver.ask, in_thread if long else at_once)
