"""Asks a resolver the questions that tell what it does to answers. What they tell is judged elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable

from probe import settings
from probe._dataclass import dataclass
from probe.knowledge.dnsbl import lists_for_zones
from probe.knowledge.machine import Controls
from probe.model.fitness import Trial
from probe.model.target import Endpoint
from probe.net.clock import Clock
from probe.net.dns_exchange import exchange
from probe.net.dns_look import Look, look_for_large_answer, look_over_tcp, look_over_udp
from probe.recording.machine import MachineJournal, ResolverLook
from probe.standards.dns import names
from probe.standards.dns.dns64 import IPV4_ONLY
from probe.standards.dns.health import CONTROL
from probe.standards.dns.message import Answer, Question, RecordType, run_async
from probe.survey.machine import list_questions


@dataclass(frozen=True, slots=True)
class ResolverTrials:
    """The trials of one run. `token` is a random label, for names that do not exist; `only_tcp`: the
    configuration forbids UDP (use-vc)."""

    journal: MachineJournal
    clock: Clock
    controls: Controls
    token: str
    only_tcp: bool = False

    async def reach(self, servers: tuple[Endpoint, ...]) -> Endpoint | None:
        """Ask every server for the root; the one to be examined is the first that is of use over UDP, else
        the first that is at all; None if there is none."""
        await asyncio.gather(*(self._first_looks(server) for server in servers))
        useful = [it for it in self.journal.looks if it.is_use]
        names = {it.server for it in useful if it.trial is not Trial.TCP} or {it.server for it in useful}
        return next((it for it in servers if it.as_name_server in names), None)

    async def examine(self, server: Endpoint) -> None:
        """Everything else, a few questions at a time, and at the end many at once."""
        edns = self._speaks_edns(server)
        room = asyncio.Semaphore(settings.DOCTOR_LOOKS)
        work: list[Awaitable[None]] = [self._large(server, room)] if edns else []
        work += [self._ask(server, trial, question, room, edns) for trial, question in self._questions()]
        work += [self._lists(server, room, edns), self._ages(server, room, edns)]
        await asyncio.gather(*work)
        await self._many(server, edns)

    async def _first_looks(self, server: Endpoint) -> None:
        seconds = settings.DOCTOR_LOOK
        signed = Question(self.controls.signed, RecordType.SOA)
        work = {
            Trial.TCP: look_over_tcp(server, CONTROL, seconds=seconds),
            Trial.SIGNED: self._look_up(server, signed, edns=None),
        }
        if not self.only_tcp:
            work[Trial.ROOT] = look_over_udp(server, CONTROL, edns=True, seconds=seconds)
            work[Trial.PLAIN] = look_over_udp(server, CONTROL, edns=False, seconds=seconds)
        await asyncio.gather(*(self._keep(server, trial, look) for trial, look in work.items()))

    def _speaks_edns(self, server: Endpoint) -> bool:
        looks = [it for it in self.journal.looks if it.server == server.as_name_server]
        return any(it.trial is Trial.ROOT and it.is_use for it in looks) or self.only_tcp

    def _questions(self) -> Iterable[tuple[Trial, Question]]:
        controls = self.controls
        for top in controls.missing:
            yield Trial.MISSING, Question(f"{self.token}.{top}", RecordType.A)
        yield Trial.MADE, IPV4_ONLY
        yield Trial.EGRESS, Question(controls.egress_a, RecordType.A)
        yield Trial.EGRESS, Question(controls.egress_txt, RecordType.TXT)
        for ip in self.journal.addresses:
            yield Trial.PTR, Question(names.reverse_name(ip), RecordType.PTR)
        for zone in controls.lists:
            yield Trial.ZONE, Question(zone, RecordType.SOA)

    async def _lists(self, server: Endpoint, room: asyncio.Semaphore, edns: bool) -> None:
        async def ask(questions: tuple[Question, ...]) -> tuple[Answer, ...]:
            await asyncio.gather(*(self._ask(server, Trial.LIST, it, room, edns) for it in questions))
            return tuple(map(self.journal.answer, questions))

        await run_async(list_questions(lists_for_zones(self.controls.lists)), ask)

    async def _ages(self, server: Endpoint, room: asyncio.Semaphore, edns: bool) -> None:
        question = Question(self.controls.operators[0].domain, RecordType.MX)
        before = 0.0
        for moment in settings.DOCTOR_AGE:
            await asyncio.sleep(moment - before)
            before = moment
            await self._ask(server, Trial.AGAIN, question, room, edns)

    async def _many(self, server: Endpoint, edns: bool) -> None:
        """All at once, each in one datagram; then one by one those without an answer."""
        questions = [Question(domain, RecordType.MX) for domain in self.controls.many]
        wait = settings.DOCTOR_MANY_WAIT
        await asyncio.gather(
            *(self._keep(server, Trial.MANY, self._look_up(server, it, edns, wait)) for it in questions)
        )
        lost = [it.answer.question for it in self.journal.of(Trial.MANY) if not it.is_use]
        if lost:
            await asyncio.sleep(settings.DOCTOR_PAUSE)
        for question in lost[: settings.DOCTOR_LOOKS]:
            await self._keep(server, Trial.ALONE, self._look_up(server, question, edns))

    async def _large(self, server: Endpoint, room: asyncio.Semaphore) -> None:
        async with room:
            look = look_for_large_answer(server, seconds=settings.DOCTOR_LOOK)
            await self._keep(server, Trial.LARGE, look)

    async def _ask(
        self, server: Endpoint, trial: Trial, question: Question, room: asyncio.Semaphore, edns: bool
    ) -> None:
        async with room:
            await self._keep(server, trial, self._look_up(server, question, edns))

    async def _look_up(
        self,
        server: Endpoint,
        question: Question,
        edns: bool | None,
        once_in: float = 0.0,
    ) -> Look:
        """In whatever way the server answers; `once_in`: in so many seconds, to one datagram."""
        seconds = once_in or settings.DOCTOR_LOOK
        again = seconds + 1 if once_in else settings.DNS_QUERY_TIMEOUT
        result = await exchange(server, question, seconds, edns=edns, again=again, tcp=self.only_tcp)
        return Look(result.reply.of(server.as_name_server).answer_to(question))

    async def _keep(self, server: Endpoint, trial: Trial, look: Awaitable[Look]) -> None:
        came = await look
        self.journal.looks.append(
            ResolverLook(
                trial,
                server.as_name_server,
                came.answer,
                self.clock.at_ms(),
                came.octets,
                came.payload,
            )
        )
