"""`doctor` against resolvers and mail hosts that have one fault each: it is named, and nothing else is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import IPv4Address, ip_address

import pytest

from probe import run, world
from probe.doctor.report import DoctorReport
from probe.model.fitness import Fitness, MachineGap, Readiness, Use
from probe.model.target import Endpoint
from probe.net.smtp import Dial, dial_tcp
from probe.recording.machine import MachineJournal, MachineOptions, MachineRequest, MailHost
from tests.support.machine_dns import HOSTS, OWN_IP, OWN_NAME, MachineDns, Trait

NOT_FIT = (Fitness.UNFIT, Fitness.LIMITED)
_UNUSED = "127.0.0.1"


def greeting(domain: str, ahead: timedelta = timedelta()) -> str:
    return f"220 mx.{domain} ESMTP; {format_datetime(datetime.now(UTC) + ahead)}"


@dataclass
class MailHosts:
    """The mail hosts of the small Internet, all on one loopback port: each greets with its own text, or as
    `dial` has it; `lines` are all that a client sent."""

    greet: Callable[[str], str | None] = greeting
    error: OSError | None = None
    is_hanging: bool = False
    lines: list[bytes] = field(default_factory=list)
    dials: list[str] = field(default_factory=list)

    async def dial(self, protocol: Callable[[], asyncio.Protocol], dial: Dial) -> object:
        self.dials.append(str(dial.ip))
        if self.is_hanging:
            await asyncio.sleep(60)
        if self.error is not None:
            raise self.error
        domain = dial.mx_host.removeprefix("mx.")
        server = await asyncio.start_server(lambda *it: self._serve(domain, *it), _UNUSED, 0)
        port = server.sockets[0].getsockname()[1]
        return await dial_tcp(protocol, Dial(IPv4Address(_UNUSED), port, dial.mx_host))

    async def _serve(self, domain: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        text = self.greet(domain)
        if text is not None:
            writer.write(f"{text}\r\n".encode())
        while line := await reader.readline():
            self.lines.append(line)
            writer.write(b"221 bye\r\n")
        writer.close()


@asynccontextmanager
async def machine(
    trait: Trait = Trait.HEALTHY, zone: dict[str, list[str]] | None = None
) -> AsyncIterator[MachineDns]:
    async with MachineDns(trait, zone) as server:
        yield server


async def examine(
    server: MachineDns,
    hosts: MailHosts | None = None,
    request: MachineRequest | None = None,
    *,
    announce: Callable[[Sequence[MailHost], Sequence[str]], None] = lambda *_: None,
    timeout: float = 30,
    others: tuple[Endpoint, ...] = (),
) -> DoctorReport:
    """The report on a machine that has this resolver and these mail hosts."""
    hosts = hosts or MailHosts()
    environment = replace(world.live(), dial=hosts.dial, tools=None)
    journals: list[MachineJournal] = []
    await run.observe_machine(
        request or REQUEST,
        MachineOptions(nameservers=(server.endpoint, *others), timeout=timeout),
        announce=announce,
        journal_to=journals.append,
        world=environment,
    )
    return run.doctor_report_of(journals[0])


REQUEST = MachineRequest(ip=ip_address(OWN_IP), helo=OWN_NAME, families=(4,), allow_private=True)


@pytest.fixture(autouse=True)
def own_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of this machine, whatever it has."""
    monkeypatch.setattr("probe.collect.machine.own_addresses", lambda: (ip_address(OWN_IP),))
    monkeypatch.setattr("probe.collect.machine.full_host_name", lambda: OWN_NAME)
    monkeypatch.setattr("probe.settings.DOCTOR_LOOK", 1.5)
    monkeypatch.setattr("probe.settings.DOCTOR_MANY_WAIT", 1.5)
    monkeypatch.setattr("probe.settings.DOCTOR_AGE", (0.0, 0.6, 1.2))
    monkeypatch.setattr("probe.net.dns_look.DNS_QUERY_TIMEOUT", 0.6)


def faults(report: DoctorReport) -> set[str]:
    return {f"{it.id}/{it.tag}" for it in report.tests if it.fitness in NOT_FIT}


def tag(report: DoctorReport, test: str) -> str:
    return next(it.tag for it in report.tests if it.id == test)


async def test_a_healthy_machine_is_fit_for_everything() -> None:
    async with machine() as server:
        report = await examine(server)
    assert faults(report) == set()
    assert {it.readiness for it in report.uses} == {Readiness.FIT}
    assert report.exit_code == 0
    # on loopback only what this test cannot have is open
    assert {it.id for it in report.tests if it.fitness is Fitness.NOT_ASSESSED} == {"ipv6", "mail-server"}


EVERYTHING = {Use.CHECK, Use.DOMAIN, Use.BULK, Use.SENDING}


@pytest.mark.parametrize(
    ("trait", "fault", "unfit"),
    [
        (Trait.SILENT, "resolver-answers/silent", EVERYTHING),
        (Trait.REFUSES, "resolver-answers/refuses", EVERYTHING),
        (Trait.FAILS, "resolver-answers/fails", EVERYTHING),
        (Trait.UDP_LOST, "resolver-answers/tcp-alone", EVERYTHING),
        (Trait.UDP_LOST_AND_FAILS, "resolver-answers/tcp-alone-fails", EVERYTHING),
        (Trait.WALLED, "resolver-answers/walled", EVERYTHING),
        (Trait.REWRITES, "nxdomain/rewritten", EVERYTHING),
        (Trait.BARE_DENIALS, "nxdomain/bare", set()),
        (Trait.NO_AD, "dnssec/not-validated", set()),
        (Trait.NO_TCP, "tcp/lost", EVERYTHING),
        (Trait.TCP_SILENT, "tcp/lost", EVERYTHING),
        (Trait.NO_EDNS, "edns/none", set()),
        (Trait.EDNS_LOST, "edns/queries-lost", EVERYTHING),
        (Trait.LARGE_LOST, "edns/large-lost", EVERYTHING),
        (Trait.SPAMHAUS_REFUSES, "spamhaus/refused", {Use.CHECK}),
        (Trait.REBINDING, "loopback-answers/removed", {Use.CHECK}),
        (Trait.MINIMISES, "deep-names/hidden", {Use.CHECK}),
        (Trait.INVENTS_PTR, "own-ptr/invented", {Use.CHECK}),
        (Trait.DNS64, "dns64/made", set()),
        (Trait.STALE, "stale/all", EVERYTHING),
        (Trait.STALE_ONCE, "stale/some", set()),
        (Trait.TTL_STANDS, "ttl/stands-still", set()),
        (Trait.TTL_ZERO, "ttl/zero", set()),
        (Trait.FEW_AT_ONCE, "many/lost", {Use.CHECK, Use.BULK}),
        (Trait.REFUSES_MANY, "many/lost", {Use.CHECK, Use.BULK}),
    ],
    ids=lambda it: it.value if isinstance(it, Trait) else "",
)
async def test_a_resolver_with_one_fault_has_that_one_named(
    trait: Trait, fault: str, unfit: set[Use]
) -> None:
    async with machine(trait) as server:
        report = await examine(server)
    assert faults(report) == {fault}
    assert {it.use for it in report.uses if it.readiness is Readiness.UNFIT} == unfit
    assert report.exit_code == (1 if unfit else 0)
    assert all(it.fix for it in report.tests if it.fitness in NOT_FIT)


async def message(*traits: Trait | None) -> tuple[str, str]:
    """Tag and message about name servers of these kinds; None: nothing listens there."""
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(machine(it or Trait.HEALTHY)) for it in traits]
        for server, trait in zip(servers, traits, strict=True):
            if trait is None:
                await server.__aexit__(None, None, None)
        report = await examine(servers[0], others=tuple(it.endpoint for it in servers[1:]))
        text = next(it.message for it in report.tests if it.id == "resolver-answers")
        for number, server in enumerate(servers, 1):
            text = text.replace(server.endpoint.as_name_server, f"ns{number}")
        return tag(report, "resolver-answers"), text


async def test_what_came_over_each_transport_is_told_once() -> None:
    assert await message(None) == (
        "silent",
        "ns1 gives no answer: connection refused over UDP, connection refused over TCP",
    )
    assert await message(Trait.UDP_LOST_AND_FAILS) == (
        "tcp-alone-fails",
        "ns1 gives no answer over UDP, and none of use over TCP: SERVFAIL",
    )


@pytest.mark.parametrize("place", [1, 2])
async def test_one_of_two_name_servers_that_answers_over_tcp_alone_is_a_limit(place: int) -> None:
    """The other one answers everything; only time is lost."""
    traits = [Trait.HEALTHY, Trait.HEALTHY]
    traits[place - 1] = Trait.UDP_LOST
    name, words = await message(*traits)
    assert name == "one-tcp-alone"
    assert words.startswith(f"ns{3 - place} answers; ns{place} of /etc/resolv.conf does so over TCP alone")


async def test_a_name_server_is_told_for_what_it_does_beside_others_with_other_faults() -> None:
    """A silent one hides none that answers over TCP alone, and is not said to refuse what another refuses."""
    name, words = await message(Trait.UDP_LOST, None, Trait.HEALTHY)
    assert (name, words) == (
        "one-silent",
        "ns3 answers; ns2 of /etc/resolv.conf does not, ns1 over TCP alone",
    )
    assert (await message(Trait.REFUSES, None))[1] == (
        "ns1 answers for nobody here: whatever is asked is refused; nothing comes from ns2"
    )
    assert (await message(None, Trait.FAILS))[1] == (
        "ns2 fails whatever is asked, the root included; nothing comes from ns1"
    )


# -- the way out ------------------------------------------------------------------------------------------


async def test_greeting_and_quit_are_all_that_is_said() -> None:
    hosts = MailHosts()
    async with machine() as server:
        report = await examine(server, hosts)
    assert tag(report, "port25-ipv4") == "open"
    assert hosts.lines == [b"QUIT\r\n", b"QUIT\r\n"]
    assert sorted(hosts.dials) == sorted(HOSTS[it][0] for it in ("gmail.com", "outlook.com"))


async def test_hosts_are_named_before_anything_is_dialled() -> None:
    hosts = MailHosts()
    events: list[str] = []

    def announce(named: Sequence[MailHost], _: Sequence[str]) -> None:
        events.extend(str(it.ip) for it in named)
        assert hosts.dials == []

    async with machine() as server:
        await examine(server, hosts, announce=announce)
    assert sorted(events) == sorted(hosts.dials)


@pytest.mark.parametrize(
    ("hosts", "fault"),
    [
        (MailHosts(error=ConnectionRefusedError(111, "Connection refused")), "refused"),
        (MailHosts(error=TimeoutError()), "silent"),
        (MailHosts(error=PermissionError(13, "Permission denied")), "local"),
        (MailHosts(greet=lambda _: "220 proxy.carrier.example ready"), "intercepted"),
        (MailHosts(greet=lambda _: "220 ************************"), "masked"),
        (MailHosts(greet=lambda it: f"554 5.7.1 mx.{it} no mail from you"), "turned-away"),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
async def test_a_closed_way_out_is_named_and_nothing_else(hosts: MailHosts, fault: str) -> None:
    async with machine() as server:
        report = await examine(server, hosts)
    assert faults(report) == {f"port25-ipv4/{fault}"}
    assert report.exit_code == 1


async def test_one_silent_host_of_two_is_its_own_fault() -> None:
    hosts = MailHosts()
    hosts.greet = lambda domain: greeting(domain) if domain == "gmail.com" else None
    async with machine() as server:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("probe.settings.DOCTOR_ATTEMPT", 2.0)
            report = await examine(server, hosts)
    assert faults(report) == set()
    assert "mx.outlook.com did not answer" in next(
        it.message for it in report.tests if it.id == "port25-ipv4"
    )


async def test_hosts_that_say_nothing_are_no_open_port() -> None:
    async with machine() as server:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("probe.settings.DOCTOR_ATTEMPT", 2.0)
            report = await examine(server, MailHosts(greet=lambda _: None))
    assert faults(report) == {"port25-ipv4/mute"}


async def test_a_single_host_proves_nothing() -> None:
    request = replace(REQUEST, towards=("towards.example",))
    hosts = MailHosts(error=ConnectionRefusedError(111, "Connection refused"))
    async with machine() as server:
        report = await examine(server, hosts, request)
    assert faults(report) == set()
    assert tag(report, "port25-ipv4") == "one-alone"
    assert {it.use: it.readiness for it in report.uses}[Use.SENDING] is Readiness.NOT_KNOWN
    assert hosts.dials == [HOSTS["towards.example"][0]]


async def test_addresses_that_are_not_public_are_not_dialled_unless_allowed() -> None:
    hosts = MailHosts()
    async with machine() as server:
        report = await examine(server, hosts, replace(REQUEST, allow_private=False))
    assert hosts.dials == []
    assert (
        next(it for it in report.tests if it.id == "port25-ipv4").args["gap"] == MachineGap.NO_OPERATOR.value
    )


# -- names, clock, deadline -------------------------------------------------------------------------------

REVERSE = "10.2.0.192.in-addr.arpa"


@pytest.mark.parametrize(
    ("zone", "helo", "fault"),
    [
        ({f"PTR {REVERSE}": []}, OWN_NAME, "ptr/missing"),
        ({f"PTR {REVERSE}": ["gone.example."]}, OWN_NAME, "ptr/mismatch"),
        ({}, "localhost", "helo/local-name"),
        ({}, "mail", "helo/no-fqdn"),
        ({}, "mail.lan", "helo/local-name"),
        ({}, "nowhere.example", "helo/nowhere"),
        ({"A other.example": ["203.0.113.99"]}, "other.example", "helo/elsewhere"),
        ({"A other.example": [OWN_IP]}, "other.example", "helo/not-ptr"),
        ({}, "[192.0.2.10]", "helo/literal"),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
async def test_a_wrong_name_is_named_and_nothing_else(
    zone: dict[str, list[str]], helo: str, fault: str
) -> None:
    async with machine(zone=zone) as server:
        report = await examine(server, request=replace(REQUEST, helo=helo))
    assert faults(report) == {fault}


@pytest.mark.parametrize(("hours", "fault"), [(3, {"clock/off"}), (-3, {"clock/off"}), (0, set())])
async def test_a_wrong_clock_is_told_by_two_greetings(hours: int, fault: set[str]) -> None:
    hosts = MailHosts(greet=lambda domain: greeting(domain, timedelta(hours=hours)))
    async with machine() as server:
        report = await examine(server, hosts)
    assert faults(report) == fault


async def test_what_is_not_finished_at_the_deadline_is_not_assessed() -> None:
    async with machine(Trait.SILENT) as server:
        report = await examine(server, timeout=2.0)
    levels = {it.id: it.fitness for it in report.tests}
    assert levels["resolver-answers"] is Fitness.NOT_ASSESSED
    assert levels["libraries"] is Fitness.FIT
    assert report.exit_code == 4


async def test_offline_asks_nobody() -> None:
    hosts = MailHosts()
    async with machine() as server:
        report = await examine(server, hosts, replace(REQUEST, is_offline=True))
        assert server.queries == []
    assert hosts.dials == []
    assert report.exit_code == 0
    assert Readiness.FIT not in {it.readiness for it in report.uses}
