"""Observes this machine for `doctor`: its resolvers, its way out, its names, its mail server.

All parts run beside each other. What is not there at the deadline is told as not made, by its part.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from importlib import metadata
from ipaddress import IPv4Address, IPv6Address

from probe import settings
from probe._dataclass import dataclass, field
from probe.collect.machine_resolver import ResolverTrials
from probe.collect.machine_way import WayOut
from probe.collect.sender_mta import is_left_out
from probe.knowledge.machine import controls, library_names
from probe.model.address import IPAddress, Mailbox
from probe.model.address_parse import parse_mailbox
from probe.model.dialable import is_private
from probe.model.fitness import MachineGap
from probe.model.observed import HeloReason
from probe.model.reason import Reason
from probe.model.sender_mta import SenderMta
from probe.model.target import Endpoint
from probe.net.clock import Clock
from probe.net.interfaces import own_addresses
from probe.net.nameservers import ResolverConfigError, system_nameservers
from probe.net.resolv_conf import ResolverConfiguration
from probe.net.resolver import Resolver
from probe.net.route import full_host_name, is_own_address, local_address_towards
from probe.net.stub import servers_behind
from probe.net.threads import in_thread
from probe.net.tls import trust_store
from probe.reading.mta.inquiry import ask_sender_mta
from probe.recording.machine import MachineJournal, MachineOptions, MachineRequest, MailHost, TrustStore
from probe.standards.dns.helo import judge_helo
from probe.standards.dns.message import run_async
from probe.standards.dns.names import is_fqdn
from probe.standards.dns.ptr import confirm_reverse
from probe.world import World

# somewhere in the Internet: the kernel is asked for the route, nothing is sent (RFC 5737, RFC 3849)
_ABROAD: dict[int, IPAddress] = {4: IPv4Address("203.0.113.1"), 6: IPv6Address("2001:db8::1")}
_FAMILIES = (4, 6)

Announce = Callable[[Sequence[MailHost], Sequence[str]], None]


async def observe_machine(
    request: MachineRequest,
    options: MachineOptions,
    world: World,
    *,
    announce: Announce,
    journal_to: Callable[[MachineJournal], None],
) -> MachineJournal:
    """Observe this machine within the timeout. `announce` is called before the first connection to another's
    server, with the hosts to be greeted and those whose Date is read; `journal_to` gets the journal first, so
    that a caller who is interrupted has it. Never raises on network errors."""
    clock = world.clock()
    journal = MachineJournal(request, clock.started_at)
    journal_to(journal)
    seconds = max(options.timeout - options.spent - settings.REPORT_RESERVE, 0.1)
    run = _Run(journal, options, world, clock, announce, seconds)
    try:
        async with asyncio.timeout(seconds):
            await run.everything()
    except TimeoutError:
        run.leave_open(MachineGap.DEADLINE)
    except asyncio.CancelledError:
        run.leave_open(MachineGap.INTERRUPTED)
        raise
    finally:
        journal.elapsed_ms = clock.at_ms()
    return journal


@dataclass(slots=True)
class _Run:
    journal: MachineJournal
    options: MachineOptions
    world: World
    clock: Clock
    announce: Announce
    seconds: float
    mail_server_read: asyncio.Event = field(default_factory=asyncio.Event)

    def leave_open(self, why: MachineGap) -> None:
        """Parts that are not finished are so for this reason."""
        for part, gap in self.journal.missing.items():
            if gap is MachineGap.NOT_MADE:
                self.journal.missing[part] = why

    async def everything(self) -> None:
        journal, is_offline = self.journal, self.journal.request.is_offline
        network = MachineGap.OFFLINE if is_offline else MachineGap.NOT_MADE
        journal.missing |= dict.fromkeys(("resolver", "way", "dates", "names"), network)
        journal.missing |= dict.fromkeys(("mta", "store"), MachineGap.NOT_MADE)
        journal.hostname, journal.addresses = full_host_name(), own_addresses()
        journal.versions = _versions()
        for family in _FAMILIES:
            self._take_source(family, _ABROAD[family])
        network_work = [] if is_offline else [self._network()]
        await asyncio.gather(self._store(), self._own_names(), *network_work)

    def _take_source(self, family: int, towards: IPAddress) -> None:
        bind = self.journal.request.bind
        ip = bind if bind is not None and bind.version == family else local_address_towards(towards)
        if ip is not None and not ip.is_loopback:
            self.journal.sources[family] = ip

    async def _store(self) -> None:
        path, count, is_library = await in_thread(trust_store)
        self.journal.store = TrustStore(path, count, is_library)
        self._finish("store")

    async def _own_names(self) -> None:
        """The local mail server, whose EHLO name and addresses go before the machine's own."""
        await self._mta()
        mta = self.journal.mta
        if isinstance(mta, SenderMta) and self.journal.request.bind is None:
            for family in _FAMILIES:
                ip = mta.source(family).value
                if ip is not None and is_own_address(ip):
                    self.journal.sources[family] = ip
        self._choose_helo()
        self.mail_server_read.set()

    async def _mta(self) -> None:
        choice, tools = self.options.mta, self.world.tools
        if tools is None or is_left_out(choice):
            self.journal.missing["mta"] = MachineGap.NOT_ASKED
            return
        sender, recipient = _letter(self.journal.hostname)
        inquiry = ask_sender_mta(choice, sender, recipient, self.options.mta_config)
        self.journal.mta = await tools(inquiry, budget=min(settings.DOCTOR_TOOLS, self.seconds / 2))
        self._finish("mta")

    def _choose_helo(self) -> None:
        """What was given, the mail server's name, else the host's: what software here says by itself."""
        journal, mta = self.journal, self.journal.mta
        if journal.request.helo is not None:
            journal.helo, journal.helo_reason = journal.request.helo, Reason(HeloReason.GIVEN)
        elif isinstance(mta, SenderMta) and mta.helo.value:
            why = Reason(HeloReason.MTA, where=mta.helo.source, text=mta.software.label)
            journal.helo, journal.helo_reason = mta.helo.value, why
        else:
            journal.helo, journal.helo_reason = journal.hostname, Reason(HeloReason.HOSTNAME)

    # -- the network --------------------------------------------------------------------------------------

    async def _network(self) -> None:
        try:
            configuration = (
                ResolverConfiguration(self.options.nameservers)
                if self.options.nameservers
                else system_nameservers()
            )
        except ResolverConfigError:
            self._without_resolver()
            return
        servers = configuration.servers
        self.journal.nameservers = tuple(it.as_name_server for it in servers)
        self.journal.behind = tuple(it.as_name_server for it in servers_behind(servers))
        token = f"smtp-probe-{self.world.seed():x}"
        trials = ResolverTrials(self.journal, self.clock, controls(), token, configuration.tcp)
        server = await trials.reach(servers)
        if server is None:
            self._without_resolver()
            return
        self.journal.server = server.as_name_server
        async with self._resolver((server,)) as resolver:
            await asyncio.gather(
                self._then("resolver", trials.examine(server)), self._way(resolver), self._names(resolver)
            )

    def _without_resolver(self) -> None:
        self._finish("resolver")
        for part in ("way", "dates", "names"):
            self.journal.missing[part] = MachineGap.RESOLVER

    def _resolver(self, servers: tuple[Endpoint, ...]) -> Resolver:
        return self.world.resolver(
            servers,
            on_answer=lambda _: None,
            on_silence=lambda *_: None,
            seconds_left=lambda: max(self.seconds - self.clock.seconds(), 0.0),
            query_timeout=self.world.pace.dns_query,
            lifetime=self.world.pace.dns_lifetime,
        )

    async def _way(self, resolver: Resolver) -> None:
        request, journal = self.journal.request, self.journal
        domains = request.towards or tuple(it.domain for it in controls().operators)
        journal.operators = domains
        way = WayOut(journal, self.world, self.clock, resolver, self.seconds)
        hosts, date_hosts = await asyncio.gather(
            way.find(domains, is_given=bool(request.towards)), way.date_addresses(controls().clock_hosts)
        )
        for host in hosts:
            if host.ip.version not in journal.sources:
                self._take_source(host.ip.version, host.ip)
        self.announce(hosts, tuple(date_hosts))
        await asyncio.gather(
            self._then("way", way.greet(hosts)), self._then("dates", way.read_dates(date_hosts))
        )

    async def _names(self, resolver: Resolver) -> None:
        """PTR records of what others see, and the EHLO name against them."""
        await self.mail_server_read.wait()  # its own address and name go before the machine's
        journal, request = self.journal, self.journal.request
        ips = (request.ip,) if request.ip is not None else self._public_sources()
        for ip in ips:
            journal.ptrs.append(await run_async(confirm_reverse(ip), resolver.ask))
        for ptr in journal.ptrs:
            result = await run_async(judge_helo(journal.helo, ptr.ip, ptr), resolver.ask)
            journal.helo_results.append(result)
        if not journal.ptrs:
            journal.helo_results.append(await run_async(judge_helo(journal.helo, None, None), resolver.ask))
        self._finish("names")

    def _public_sources(self) -> tuple[IPAddress, ...]:
        """The addresses that others see, if no translation is between."""
        return tuple(ip for _, ip in sorted(self.journal.sources.items()) if not is_private(ip))

    async def _then(self, part: str, work: Awaitable[None]) -> None:
        await work
        self._finish(part)

    def _finish(self, part: str) -> None:
        self.journal.missing.pop(part, None)


def _letter(hostname: str) -> tuple[Mailbox, Mailbox]:
    """Sender and recipient of a letter that the mail server is asked about; none is sent."""
    name = hostname if is_fqdn(hostname) else "example.org"
    return parse_mailbox(f"postmaster@{name}"), parse_mailbox(f"postmaster@{controls().operators[0].domain}")


def _versions() -> dict[str, str]:
    versions: dict[str, str] = {}
    for name in library_names():
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions
