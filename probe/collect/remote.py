"""Holds the sessions of a list for a driver on another machine: what runs in a worker of Dask.

The driver keeps the list, its state and the courtesy; a worker holds one visit at a time for a lane. Each
event goes to the driver as it happens, and after each reply about a mailbox the worker waits until the driver
has committed it and says what to ask next. So a worker that dies takes no answer with it.
"""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from typing import Any, Protocol

from probe._dataclass import replace
from probe._named_tuple import NamedTuple
from probe._version import VERSION
from probe.collect.caller import Caller, caller
from probe.knowledge.rules import rules_digest
from probe.model.address import Mailbox
from probe.model.address_parse import parse_mailbox
from probe.model.reply import Stage
from probe.model.target import Options
from probe.net.dns_engine import DnsEngine
from probe.recording import events as ev
from probe.recording.codec import decode, encode
from probe.standards.dns.results import MxHost, MxResult, RouteKind
from probe.standards.smtp.transcript import Entry
from probe.world import live

TOPIC = "smtp-probe"
_PATIENCE = 60.0  # seconds until a driver that says nothing is given up
_waiting: dict[str, asyncio.Future[list[str]]] = {}
_ends: dict[str, float] = {}  # of the last session, by lane
_locks: dict[str, asyncio.Lock] = {}
_callers: dict[str, Caller] = {}
_own: list[Options] = []  # how this worker is reached from, if it was started so


class Order(NamedTuple):
    """One visit, in texts and numbers: its id, the lane, the event that says whom to ask about and how, the
    mail servers with their addresses, and the seconds between two sessions."""

    visit: str
    lane: str
    start: str
    hosts: tuple[tuple[str, tuple[str, ...]], ...]
    spacing: float


class Teller(Protocol):
    """A worker of Dask, as far as it is needed."""

    def log_event(self, topic: str, msg: Any) -> None: ...


def settle_in(options: Options) -> None:
    """Sessions of this process use the local address, the EHLO name and the families of `options`."""
    _own[:] = [options]


def version() -> tuple[str, str]:
    """The version of the program and of its rules, which driver and workers must have in common."""
    return VERSION, rules_digest()


def say_next(visit: str, paths: list[str]) -> None:
    """The driver has kept the reply; these mailboxes are the session's, those that were asked about first."""
    future = _waiting.pop(visit, None)
    if future is not None and not future.done():
        future.set_result(paths)


async def hold(order: Order, teller: Teller) -> None:
    """Hold the sessions of one visit."""
    start = decode(order.start)
    if not isinstance(start, ev.Started):
        raise TypeError("an order begins with the event of a start")
    number = 0

    def tell(kind: str, text: str = "") -> None:
        nonlocal number
        number += 1
        teller.log_event(TOPIC, {"visit": order.visit, "number": number, "kind": kind, "text": text})

    async def on_reply(entry: Entry) -> tuple[Mailbox, ...] | None:
        if entry.stage is not Stage.RCPT:
            return None
        future: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        _waiting[order.visit] = future
        tell("reply")
        return tuple(map(parse_mailbox, await asyncio.wait_for(future, _PATIENCE)))

    clock = asyncio.get_running_loop().time
    async with _locks.setdefault(order.lane, asyncio.Lock()):
        await asyncio.sleep(max(_ends.get(order.lane, 0.0) + order.spacing - clock(), 0.0))
        try:
            hosts = tuple(MxHost(0, name, tuple(map(ip_address, ips)), ()) for name, ips in order.hosts)
            mx = MxResult("", RouteKind.MX, hosts, ())
            own = _caller(start.options, order.spacing)
            await own.visit(start.target, mx, hosts, lambda event: tell("event", encode(event)), on_reply)
        finally:
            _ends[order.lane] = clock()
    tell("end")


def _caller(options: Options, spacing: float) -> Caller:
    if _own:
        mine = _own[0]
        options = replace(options, bind=mine.bind, helo=mine.helo, families=mine.families)
    key = repr((options, spacing))
    if key not in _callers:
        engine = DnsEngine(options.nameservers)
        _callers[key] = caller(options, None, live(), engine.ask, spacing)
    return _callers[key]


def order_of(visit: str, lane: str, target: Any, options: Options, hosts: Any, spacing: float) -> Order:
    """The order for a visit to `hosts` about `target`."""
    start = ev.Started(
        version=ev.FORMAT_VERSION,
        tool_version=VERSION,
        started_at="2000-01-01T00:00:00.000Z",
        target=target,
        options=options,
        survey=ev.SURVEY,
    )
    addresses = tuple((it.host, tuple(map(str, it.addresses))) for it in hosts)
    return Order(visit, lane, encode(start), addresses, spacing)
