"""A run of `bulk`: domains are asked about, and rows written as soon as all before them are known."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Generator, Iterator
from typing import Any

from probe.bulk.domain import (
    LIVE,
    DomainResult,
    DomainState,
    Hosts,
    control_questions,
    false_denials_in,
    look_up,
    look_up_mx,
)
from probe.bulk.row import DomainFacts
from probe.cli import signals
from probe.cli.bulk_options import BulkOptions
from probe.cli.bulk_progress import BulkProgress
from probe.cli.bulk_state import BulkState, DomainRecord, now
from probe.cli.bulk_writer import Writer
from probe.cli.errors import NothingObservedError
from probe.knowledge.operator_signs import signs_of
from probe.knowledge.providers import Operator, operator
from probe.model.text import thousands
from probe.net.dns_engine import DnsEngine
from probe.settings import BULK_COMMIT, BULK_HOSTS_KEPT

_LOOK = 0.2  # seconds between two looks at what is under way
_DENIES_ALL = (
    "this machine's resolver denies every domain of the list, and {}, too: it does not "
    "resolve public names ('smtp-probe doctor' looks at it); none of its denials is kept"
)
_DENIALS = (DomainState.NO_DOMAIN, DomainState.NO_MAIL_HOST)
_NO_NAMES = (*_DENIALS, DomainState.DNS_UNKNOWN, DomainState.LITERAL)
_MAIL_CONTROLS = 2


class Asking:
    """Asks about all domains that are open. Denials are kept when DNS is known to know any name: a resolver
    that knows none (a private one, or one without a way out) would have the whole list refused for good."""

    def __init__(
        self, state: BulkState, writer: Writer, options: BulkOptions, progress: BulkProgress
    ) -> None:
        self._state = state
        self._writer = writer
        self._options = options
        self._progress = progress
        self._hosts = Hosts(allow_private=options.server.allow_private)
        self._operators: dict[tuple[str, ...], Operator | None] = {}
        self._records: list[DomainRecord] = []
        self._first_hosts: list[str] = []
        self._last = time.monotonic()
        ((self._total, self._count),) = state.query("select count(*), count(at) from domains")
        self._begun = self._count
        self.rate = 0.0  # domains a second
        self._is_dns_done = False
        ((count,),) = state.query(
            "select count(*) from domains where state not in (?, ?, ?, ?)", *(it.value for it in _NO_NAMES)
        )
        self._knows_names = count > 0
        self._has_denials = False
        self._control: asyncio.Task[tuple[str, ...]] | None = None

    def run(self) -> bool:
        """Ask; whether it came to its end, and was not stopped by a signal. Raises ResolverConfigError, and
        NothingObservedError where the resolver denies all."""
        is_whole = asyncio.run(self._run())
        self._commit()
        return is_whole

    async def _run(self) -> bool:
        loop = asyncio.get_running_loop()
        async with DnsEngine(self._options.server.nameservers, forget_denials=True) as engine:
            task = loop.create_task(self._ask(engine))

            def stop() -> None:
                with contextlib.suppress(RuntimeError):  # the loop is closed: it is over
                    loop.call_soon_threadsafe(task.cancel)

            with signals.call_on_signal(stop):
                watch = loop.create_task(self._watch())
                try:
                    await task
                except asyncio.CancelledError:
                    return False
                finally:
                    watch.cancel()
        return True

    async def _ask(self, engine: DnsEngine) -> None:
        begin = time.monotonic()
        await engine.run(self._works(), lambda it: self._take(it, engine))
        if self._is_suspect:
            self._judge(await (self._control or _false_denials(engine)))
        self.rate = self._count / max(time.monotonic() - begin, 0.001)
        if self._options.asks_servers:
            from probe.cli.bulk_servers import ask_servers

            self._commit()
            self._is_dns_done = True
            await ask_servers(self._state, self._writer, self._options, self._progress, engine.ask)

    async def _watch(self) -> None:
        """Say how far it is, also while nothing comes."""
        while not self._is_dns_done:
            await asyncio.sleep(_LOOK)
            waiting = self._begun - self._count
            waits_for = f"DNS of {thousands(waiting)} domain{'' if waiting == 1 else 's'}" if waiting else ""
            self._progress("domains", self._count, self._total, waits_for)

    def _works(self) -> Iterator[Generator[Any, Any, tuple[int, DomainResult]]]:
        for number, name in self._state.open_domains():
            self._begun += 1
            yield self._work(number, name)

    def _work(self, number: int, name: str) -> Generator[Any, Any, tuple[int, DomainResult]]:
        ask = look_up_mx if self._options.is_plan else look_up
        return number, (yield from ask(name, self._hosts))

    def _take(self, numbered: tuple[int, DomainResult], engine: DnsEngine) -> None:
        number, result = numbered
        who = self._operator(result)
        provider = who.key if who is not None and who.provider is not None else ""
        facts = DomainFacts(
            result.state,
            provider,
            who.key if who is not None else "",
            result.failure,
        )
        signs = signs_of(result.host, result.networks) if result.host else ()
        is_final = not self._options.asks_servers or result.state not in LIVE
        self._records.append(DomainRecord(number, facts, signs, now(), is_final))
        if self._options.is_plan and result.hosts:
            self._first_hosts.append(result.hosts[0])
        self._count += 1
        if result.state not in _NO_NAMES:
            self._knows_names = True
        self._has_denials = self._has_denials or result.state in _DENIALS
        if time.monotonic() - self._last >= BULK_COMMIT:
            if not self._is_suspect:
                self._commit()
            elif self._control is None:
                self._control = asyncio.ensure_future(_false_denials(engine))
            elif self._control.done():
                self._judge(self._control.result())

    def _judge(self, false_denials: tuple[str, ...]) -> None:
        if false_denials:
            raise NothingObservedError(_DENIES_ALL.format(", ".join(false_denials)))
        self._knows_names = True

    @property
    def _is_suspect(self) -> bool:
        return self._has_denials and not self._knows_names

    def _operator(self, result: DomainResult) -> Operator | None:
        if not result.hosts:
            return None
        hosts = result.hosts
        who = self._operators.get(hosts)
        if who is None:
            if len(self._operators) >= BULK_HOSTS_KEPT:
                self._operators.clear()
            who = self._operators[hosts] = operator(hosts)
        return who

    def _commit(self) -> None:
        """Keep what is known, write what follows from it, and commit both."""
        if self._is_suspect:  # stopped before it was settled
            self._records.clear()
        self._state.keep_domains(self._records)
        self._records.clear()
        if self._first_hosts:
            self._state.keep_hosts(self._first_hosts)
            self._first_hosts.clear()
        self._writer.write()
        self._last = time.monotonic()


async def _false_denials(engine: DnsEngine) -> tuple[str, ...]:
    """The names that the resolver denies although they are there for certain."""
    from probe.knowledge.machine import controls  # few lists are denied to the last domain

    return false_denials_in(await engine.ask(control_questions(controls().many[:_MAIL_CONTROLS])))
