"""What every part of a live run shares: the choices, the clock, the resolver, and where events go."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from probe import settings
from probe.model.reply import Reply, Stage
from probe.model.target import Options, Target
from probe.net.clock import Clock, Deadline
from probe.net.resolver import Resolver
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dns.message import Resolution, T, run_async


@dataclass(slots=True)
class Context:
    """One run. `record` is the only way in which anything that was seen leaves it; `settled` tells
    whether a refusal's own words name its cause (an interpretation, so it is handed in);
    `pending` holds the parts that have begun and are not yet done."""

    target: Target
    options: Options
    clock: Clock
    deadline: Deadline
    resolver: Resolver
    recording: Recording
    sink: Callable[[ev.Event], None]
    settled: Callable[[Reply, Stage], bool]
    say: Callable[[str], None]
    message: tuple[str, bytes] | None = None
    bounce: tuple[str, bytes] | None = None
    https_context: ssl.SSLContext | None = None  # a lab's own roots instead of the system's
    https_port: int | None = None
    tls_roots: str | None = None  # a PEM file, for the mail servers
    pace: settings.Pace = settings.PACE
    pending: dict[str, None] = field(default_factory=dict)

    def record(self, event: ev.Event) -> None:
        """Keep an observation, and pass it on to --record."""
        self.recording.append(event)
        self.sink(event)

    async def ask(self, resolution: Resolution[T]) -> T:
        """Drive a DNS algorithm over the live resolver."""
        return await run_async(resolution, self.resolver.ask)
