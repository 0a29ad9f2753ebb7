"""A run of `bulk`: domains are asked about, and rows written as soon as all before them are known."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

from probe.bulk.domain import DomainResult, Hosts, look_up, look_up_mx
from probe.bulk.lanes import signs_of
from probe.bulk.row import BulkRow, DomainFacts
from probe.cli import signals
from probe.cli.bulk_options import BulkOptions
from probe.cli.bulk_progress import BulkProgress
from probe.cli.bulk_sink import Sink
from probe.cli.bulk_state import BulkState, DomainRecord, Place, now
from probe.knowledge.providers import Operator, operator
from probe.net.dns_engine import DnsEngine
from probe.report.bulk_rows import csv_head, row_csv, row_line
from probe.settings import BULK_COMMIT, BULK_HOSTS_KEPT

_LOOK = 0.2  # seconds between two looks at what is under way


class Writer:
    """Writes the rows that are known, and commits how far it is."""

    def __init__(self, state: BulkState, sink: Sink | None, options: BulkOptions) -> None:
        """`sink` None: no rows are wanted."""
        self._state = state
        self._sink = sink
        self._is_asked = not options.is_offline
        self._in_order = options.in_order or options.is_offline
        self._encode: Callable[[BulkRow], str] = row_csv if options.form.name == "csv" else row_line
        self._head = csv_head() if options.form.name == "csv" else ""
        self.place = state.place

    def write(self, on_step: Callable[[int], None] | None = None) -> None:
        """Write what is known by now. In a long stretch it is committed now and then."""
        if self._sink is None:
            self._state.commit(self.place)
            return
        place, sink, encode = self.place, self._sink, self._encode
        if not place.offset and self._head:
            sink.write(self._head.encode())
        last = time.monotonic()
        while rows := self._state.rows_after(place, in_order=self._in_order, is_asked=self._is_asked):
            sink.write("".join(map(encode, rows)).encode("utf-8", "backslashreplace"))
            place = self._behind(rows[-1], place, len(rows))
            if on_step is not None:
                on_step(place.rows)
            if time.monotonic() - last > BULK_COMMIT:
                self._commit(place)
                last = time.monotonic()
        self._commit(place)

    def _behind(self, row: BulkRow, place: Place, count: int) -> Place:
        """The place behind `row`, the last of `count`."""
        turn = 0
        if not self._in_order and row.domain is not None:
            turn = self._state.turn_of(row.domain)
        return Place(turn, row.line, place.offset, place.rows + count)

    def _commit(self, place: Place) -> None:
        if self._sink is not None:
            self._sink.sync()
            place = place._replace(offset=self._sink.offset)
        self._state.commit(place)
        self.place = place


class Asking:
    """Asks about all domains that are open."""

    def __init__(
        self, state: BulkState, writer: Writer, options: BulkOptions, progress: BulkProgress
    ) -> None:
        self._state = state
        self._writer = writer
        self._options = options
        self._progress = progress
        self._hosts = Hosts(allow_private=options.allow_private)
        self._operators: dict[tuple[str, ...], Operator | None] = {}
        self._records: list[DomainRecord] = []
        self._first_hosts: list[str] = []
        self._last = time.monotonic()
        ((self._total, self._count),) = state.query("select count(*), count(done) from domains")
        self._begun = self._count
        self.rate = 0.0  # domains a second

    def run(self) -> bool:
        """Ask; whether it came to its end, and was not stopped by a signal. Raises ResolverConfigError."""
        begin = time.monotonic()
        is_whole = asyncio.run(self._run())
        self.rate = self._count / max(time.monotonic() - begin, 0.001)
        self._commit()
        return is_whole

    async def _run(self) -> bool:
        loop = asyncio.get_running_loop()
        async with DnsEngine(self._options.nameservers, forget_denials=True) as engine:
            task = loop.create_task(engine.run(self._works(), self._take))

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

    async def _watch(self) -> None:
        """Say how far it is, also while nothing comes."""
        while True:
            await asyncio.sleep(_LOOK)
            waiting = self._begun - self._count
            waits_for = f"DNS of {waiting:,} domains".replace(",", " ") if waiting else ""
            self._progress("domains", self._count, self._total, waits_for)

    def _works(self) -> Iterator[Generator[Any, Any, tuple[int, DomainResult]]]:
        for number, name in self._state.open_domains():
            self._begun += 1
            yield self._work(number, name)

    def _work(self, number: int, name: str) -> Generator[Any, Any, tuple[int, DomainResult]]:
        ask = look_up_mx if self._options.is_plan else look_up
        return number, (yield from ask(name, self._hosts))

    def _take(self, numbered: tuple[int, DomainResult]) -> None:
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
        self._records.append(DomainRecord(number, facts, signs, now()))
        if self._options.is_plan and result.hosts:
            self._first_hosts.append(result.hosts[0])
        self._count += 1
        if time.monotonic() - self._last >= BULK_COMMIT:
            self._commit()

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
        self._state.keep_domains(self._records)
        self._records.clear()
        if self._first_hosts:
            self._state.keep_hosts(self._first_hosts)
            self._first_hosts.clear()
        self._writer.write()
        self._last = time.monotonic()
