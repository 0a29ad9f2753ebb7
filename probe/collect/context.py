"""Shared by all parts of a live run: the options, the clock, the resolver, and the recording."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from probe._dataclass import dataclass, field
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


class Asks(Protocol):
    """Drives a DNS algorithm."""

    def __call__(self, resolution: Resolution[T], /) -> Awaitable[T]: ...


class Adviser(Protocol):
    """Says which control experiment to make next. `events`: how many of the recording it has read."""

    @property
    def events(self) -> int: ...

    def next_experiment(self, further: Iterable[ev.Event], experiments: tuple[Experiment, ...]) -> Advice:
        """Which of those that are offered, once it has read these events, too. It takes long."""


@dataclass(frozen=True, slots=True)
class Judges:
    """The interpretations that a live run needs but does not make itself: whether a reply names its cause,
    whether it is about the probe's own address, the adviser on control experiments, and whether the local
    mail server hands on what met what was observed so far (these take long)."""

    settles_cause: Callable[[Reply, Stage], bool]
    refuses_this_client: Callable[[Reply, Stage], bool]
    adviser: Callable[[], Adviser]
    hands_on: Callable[[tuple[ev.Event, ...]], bool]


@dataclass(frozen=True, slots=True)
class UserFiles:
    """The user's files: name and octets of --message and of --bounce, and the facts of the log of --log."""

    message: tuple[str, bytes] | None = None
    bounce: tuple[str, bytes] | None = None
    log: LogAccount | None = None


@dataclass(slots=True)
class Context:
    """One run in its world. `record` is the only output of observations; `judges` loads what it gives, so it
    is called in a thread, and after the target was asked; `pending` has the unfinished parts, each with the
    number of its running pieces; `posture` the surveys on the sender, on which the choice of experiments
    depends; `dialling` is set when the first mail server is dialled, or when none will be."""

    target: Target
    options: Options
    world: World
    judges: Callable[[], Judges]
    clock: Clock
    deadline: Deadline
    resolver: Resolver
    recording: Recording
    record: Callable[[ev.Event], None]
    say: Callable[[str], None]
    files: UserFiles
    how: Sending | None = None
    pending: dict[Part, int] = field(default_factory=dict)
    posture: list[asyncio.Future[Any]] = field(default_factory=list)
    dialling: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def sending(self) -> Sending:
        """How the run sends, as far as known."""
        return self.how or Sending(self.options)

    async def await_posture(self) -> None:
        """Wait for the DNS data on the sender, at most as long as for one slow question."""
        if self.posture:
            await asyncio.wait(self.posture, timeout=self.deadline.cut(self.world.pace.dns_lifetime))

    async def ask(self, resolution: Resolution[T]) -> T:
        """Drive a DNS algorithm over the live resolver."""
        return await run_async(resolution, self.resolver.ask)
