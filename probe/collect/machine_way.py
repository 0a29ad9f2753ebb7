"""Connects to port 25 of unrelated operators of mail: a greeting and QUIT, nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from probe import settings
from probe._dataclass import dataclass
from probe.model.address import IPAddress
from probe.model.dialable import why_no_host, why_not_dialable
from probe.model.observed import EndCause
from probe.model.reason import Reason
from probe.model.reply import Reply
from probe.model.session import EndReason
from probe.net.clock import Clock
from probe.net.resolver import Resolver
from probe.net.smtp import Dial, Wire, WireError
from probe.recording.machine import ConnectionAttempt, DateOfHost, MachineJournal, MailHost
from probe.standards.dns.message import Question, RecordType, run_async
from probe.standards.dns.mx import resolve_mx
from probe.standards.mta_sts.policy import policy_url
from probe.standards.smtp.commands import Command
from probe.world import World

_SMTP = 25


@dataclass(frozen=True, slots=True)
class WayOut:
    """The connections of one run."""

    journal: MachineJournal
    world: World
    clock: Clock
    resolver: Resolver
    seconds: float

    async def find(self, domains: Sequence[str], *, is_given: bool) -> tuple[MailHost, ...]:
        """For each address family the first host of the first domains that have one (of each, if they were
        given by the user)."""
        hosts = await asyncio.gather(*map(self._hosts, domains))
        most = len(domains) if is_given else settings.DOCTOR_OPERATORS
        of_families = (
            [of_domain[family] for of_domain in hosts if family in of_domain][:most]
            for family in self.journal.request.families
        )
        return tuple(host for family in of_families for host in family)

    async def _hosts(self, domain: str) -> dict[int, MailHost]:
        """The first address of each family among the MX hosts of a domain."""
        mx = await run_async(resolve_mx(domain), self.resolver.ask)
        why_not = why_no_host if self.journal.request.allow_private else why_not_dialable
        first: dict[int, MailHost] = {}
        for host in mx.hosts:
            for ip in host.addresses:
                if why_not(ip) is None:
                    first.setdefault(ip.version, MailHost(domain, host.host, ip))
        return first

    async def greet(self, hosts: Sequence[MailHost]) -> None:
        """Connect to all of them at once: they are of different operators, or families."""
        await asyncio.gather(*map(self._greet, hosts))

    async def _greet(self, host: MailHost) -> None:
        began = self.clock.seconds()
        deadline = self.clock.deadline(min(began + settings.DOCTOR_ATTEMPT, self.seconds))
        wire = Wire(0, lambda _: None, self.clock, deadline, self.world.dial)
        bind = self.journal.request.bind
        dial = Dial(host.ip, _SMTP, host.host, bind if bind and bind.version == host.ip.version else None)
        greeting: Reply | None = None
        connected = False
        reason: EndReason = EndReason.QUIT
        cause: Reason[EndCause] | None = None
        try:
            await wire.connect(dial, settings.DOCTOR_ATTEMPT)
            connected = True
            greeting = (await wire.greeting(settings.DOCTOR_ATTEMPT)).reply
            await self._leave(wire)
        except WireError as error:
            reason, cause = error.reason, error.cause
            if reason is EndReason.DEADLINE and self.clock.seconds() - began >= settings.DOCTOR_ATTEMPT - 0.5:
                # ten seconds are the budget of a host; only an earlier end is the deadline of the run
                reason, cause = EndReason.TIMEOUT, None
        finally:
            wire.close()
        elapsed_ms = round((self.clock.seconds() - began) * 1000)
        self.journal.attempts.append(
            ConnectionAttempt(
                host.domain,
                host.host,
                host.ip,
                round(began * 1000) + elapsed_ms,
                connected,
                greeting,
                reason,
                cause,
                elapsed_ms,
            )
        )

    async def _leave(self, wire: Wire) -> None:
        try:
            await wire.exchange(Command.quit(), self.world.pace.smtp.closing)
        except WireError:
            return  # the greeting came; how the server takes leave does not matter

    async def date_addresses(self, hosts: Sequence[str]) -> dict[str, tuple[IPAddress, ...]]:
        """The addresses of policy hosts that have some."""
        addresses = await asyncio.gather(*map(self._addresses, hosts))
        return {host: ips for host, ips in zip(hosts, addresses, strict=True) if ips}

    async def _addresses(self, host: str) -> tuple[IPAddress, ...]:
        answers = await self.resolver.ask((Question(host, RecordType.A), Question(host, RecordType.AAAA)))
        ips = (ip for it in answers for ip in it.believed().addresses())
        return tuple(ip for ip in ips if why_not_dialable(ip) is None)

    async def read_dates(self, hosts: Mapping[str, tuple[IPAddress, ...]]) -> None:
        """The Date fields of policy hosts (RFC 9110 section 6.6.1); the policy itself is not looked at."""
        await asyncio.gather(*(self._read_date(host, ips) for host, ips in hosts.items()))

    async def _read_date(self, host: str, ips: tuple[IPAddress, ...]) -> None:
        url = policy_url(host.removeprefix("mta-sts."))
        response = await self.world.fetch(url, ips, deadline=self.clock.deadline(self.seconds))
        if response.date:
            self.journal.dates.append(DateOfHost(host, response.date, self.clock.at_ms()))
