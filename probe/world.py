"""The environment of a run: name servers, mail servers, policy hosts, a clock, a second opinion.

A world is created once and passed in: `live()` is the Internet, `lab(...)` the servers of a demo on this
machine, and a test makes its own with `replace`. Runs in one world share DNS answers until they expire; all
runs of a process on the Internet share the courtesy limits of each operator.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cache, partial
from typing import TYPE_CHECKING, Protocol

from probe import settings
from probe._dataclass import dataclass, replace
from probe.model.address import IPAddress
from probe.model.local_tool import Inquiry, T
from probe.model.target import Endpoint
from probe.net import descriptors
from probe.net.answers import Answers
from probe.net.clock import Clock, Deadline
from probe.net.courtesy import Courtesy
from probe.net.dns_schedule import schedule
from probe.net.resolver import Resolver
from probe.net.threads import in_thread
from probe.standards.dns.message import Answer, Status

if TYPE_CHECKING:
    import asyncio
    import ssl

    from probe.net.early_question import EarlyQuestion
    from probe.net.host_lanes import HostLanes
    from probe.net.https import HttpsResponse
    from probe.net.opinion import Ask, Opinion, Subjects
    from probe.net.smtp import Dial, Dialler


class ResolverFactory(Protocol):
    """Makes the resolver of one run. Raises ResolverConfigError if there is no name server to ask."""

    def __call__(
        self,
        nameservers: tuple[Endpoint, ...],
        *,
        on_answer: Callable[[Answer], None],
        on_silence: Callable[[Endpoint, Status], None],
        seconds_left: Callable[[], float],
        query_timeout: float,
        lifetime: float,
    ) -> Resolver:
        """Arguments as `Resolver` has them."""


class Fetches(Protocol):
    """GETs a URL from one of the addresses; never raises on network or server errors."""

    async def __call__(
        self, url: str, addresses: Sequence[IPAddress], *, deadline: Deadline
    ) -> HttpsResponse:
        """Ends at the deadline."""


class OpinionSource(Protocol):
    """A second opinion on records, one for each of `subjects`."""

    async def __call__(self, subjects: Subjects, ask: Ask, *, deadline: Deadline) -> tuple[Opinion, ...]:
        """Asks DNS through `ask` alone, and ends at the deadline."""


class ToolRunner(Protocol):
    """Drives an inquiry over the programs of this host, for a limited time."""

    async def __call__(self, inquiry: Inquiry[T], *, budget: float) -> T:
        """A program that fails, or is late, gives a result and not an error."""


def no_lanes() -> HostLanes:
    """Other processes of this host are not waited for."""
    from probe.net.host_lanes import HostLanes

    return HostLanes(None)


@dataclass(frozen=True, slots=True)
class World:
    """Everything outside the program that a run depends on.

    `admitted` lets a run begin when the process has resources for one more; `seed` gives the random seed of a
    run if its options have none; `dial` opens the connection to a mail server, and `tls_roots` is a PEM file
    to check its certificate (None: the system's store); `tools` runs those of the local mail server (None:
    there is none, as in a lab); `courtesy` counts the sessions with each operator, `host_lanes`
    holds up those of other processes on this host; `pace` has the waiting
    times; `scenario` is that of a lab.
    """

    resolver: ResolverFactory
    dial: Dialler
    fetch: Fetches
    opinions: OpinionSource
    courtesy: Courtesy
    host_lanes: Callable[[], HostLanes] = no_lanes
    clock: Callable[[], Clock] = Clock
    seed: Callable[[], int] = lambda: secrets.randbits(63) | 1
    admission: Callable[[], AbstractAsyncContextManager[None]] = contextlib.nullcontext
    pace: settings.Pace = settings.PACE
    tls_roots: str | None = None
    scenario: str | None = None
    tools: ToolRunner | None = None


def live(
    pace: settings.Pace = settings.PACE, *, is_alone: bool = False, early: EarlyQuestion | None = None
) -> World:
    """The Internet, reached from this machine. `is_alone`: this process makes one run and then ends; it may
    start another for the second opinion. `early` is the first question of that run, which began with it."""
    return World(
        resolver=partial(Resolver, shared_answers=Answers(), early=early),
        dial=_dial,
        fetch=_fetch,
        opinions=_checkdmarc_apart if is_alone else _checkdmarc,
        courtesy=_OF_THIS_PROCESS,
        host_lanes=_of_this_host,
        clock=Clock if early is None else partial(Clock, early.sent_at),
        admission=_room_for_a_run,
        pace=pace,
        tools=_run_tools,
    )


def lab(
    scenario: str,
    *,
    https_context: ssl.SSLContext | None,
    https_port: int | None,
    tls_roots: str | None,
) -> World:
    """The servers of a demo: HTTPS on their port with their own root, certificates checked with `tls_roots`.
    Its name server and its mail server's port are in the options of the run."""
    return replace(
        live(),
        fetch=partial(_fetch, context=https_context, port=https_port),
        courtesy=Courtesy(),
        host_lanes=no_lanes,
        tls_roots=tls_roots,
        scenario=scenario,
        tools=None,
    )


_OF_THIS_PROCESS = Courtesy()


@cache
def _of_this_host() -> HostLanes:
    from probe.net.host_lanes import HostLanes, lanes_directory

    return HostLanes(lanes_directory(os.environ))


@contextlib.asynccontextmanager
async def _room_for_a_run() -> AsyncIterator[None]:
    """Wait until there are descriptors for one more run and no DNS question waits."""
    async with descriptors.admission():
        await schedule().nobody_waits()
        yield


# What the first question does not need is loaded when it is called for.


async def _dial(protocol: Callable[[], asyncio.Protocol], dial: Dial) -> object:
    from probe.net.smtp import dial_tcp

    return await dial_tcp(protocol, dial)


async def _fetch(
    url: str,
    addresses: Sequence[IPAddress],
    *,
    deadline: Deadline,
    context: ssl.SSLContext | None = None,
    port: int | None = None,
) -> HttpsResponse:
    from probe.net.https import fetch

    return await fetch(url, addresses, deadline=deadline, context=context, port=port)


async def _run_tools(inquiry: Inquiry[T], *, budget: float) -> T:
    from probe.net.local_tools import run_tools

    return await run_tools(inquiry, budget=budget)


async def _checkdmarc(subjects: Subjects, ask: Ask, *, deadline: Deadline) -> tuple[Opinion, ...]:
    """The opinion of checkdmarc. Its adapter is loaded in a thread, because that takes longer than a server's
    answer."""
    opinions = await in_thread(_in_threads)
    return await opinions(subjects, ask, deadline=deadline)


def _in_threads() -> OpinionSource:
    from probe.net.opinions import opinions

    return opinions


async def _checkdmarc_apart(subjects: Subjects, ask: Ask, *, deadline: Deadline) -> tuple[Opinion, ...]:
    """The same, from a process of its own where one can be had."""
    from probe.net.opinion_process import opinions

    result = await opinions(subjects, ask, deadline=deadline)
    if result is None:
        result = await _checkdmarc(subjects, ask, deadline=deadline)
    return result
