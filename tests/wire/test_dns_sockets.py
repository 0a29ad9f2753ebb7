"""The UDP sockets of the resolver: one for each name server, shared, renewed, and nobody hears another."""

from __future__ import annotations

import asyncio
import gc
import random
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import dns.message
import dns.rrset
import pytest

from probe.model.target import Endpoint
from probe.net import dns_udp
from probe.net.resolver import Resolver
from probe.standards.dns.message import Answer, Question, RecordType, Status
from probe.wording.spoken import spoken

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="sockets are counted in /proc")


class Shuffled(asyncio.DatagramProtocol):
    """Answers A of "N.example" with 10.0.0.N, `at_once` questions together in a random order; `ports` are the
    source ports of those who asked."""

    def __init__(self, at_once: int = 1) -> None:
        self.ports: set[int] = set()
        self.held: list[tuple[bytes, Any]] = []
        self._at_once = at_once

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.ports.add(addr[1])
        self.held.append((data, addr))
        if len(self.held) >= self._at_once:
            self.release()

    def release(self) -> None:
        random.Random(7).shuffle(self.held)
        for data, addr in self.held:
            query = dns.message.from_wire(data)
            name = query.question[0].name
            reply = dns.message.make_response(query, recursion_available=True)
            number = int(name.labels[0])
            reply.answer.append(
                dns.rrset.from_text(name, 60, "IN", "A", f"10.0.{number // 250}.{number % 250}")
            )
            wire = reply.to_wire()
            # and, under each other id that may be in use, what somebody might want believed
            self._transport.sendto(bytes((wire[0] ^ 1,)) + wire[1:], addr)
            self._transport.sendto(wire, addr)
        self.held.clear()


@asynccontextmanager
async def serving(protocol: Shuffled, host: str = "127.0.0.1") -> AsyncIterator[Endpoint]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: protocol, local_addr=(host, 0))
    try:
        yield Endpoint(host, transport.get_extra_info("sockname")[1])
    finally:
        transport.close()
        await asyncio.sleep(0)


def questions(first: int, count: int) -> tuple[Question, ...]:
    return tuple(Question(f"{number}.example", RecordType.A) for number in range(first, first + count))


def is_right(answers: tuple[Answer, ...], first: int) -> bool:
    wanted = [ip_address(f"10.0.{n // 250}.{n % 250}") for n in range(first, first + len(answers))]
    return [answer.records for answer in answers] == [(ip,) for ip in wanted]


def udp_sockets() -> int:
    """UDP sockets of this process that are connected."""
    inodes = set()
    for name in ("udp", "udp6"):
        for line in Path("/proc/self/net", name).read_text(encoding="ascii").splitlines()[1:]:
            remote, inode = line.split()[2], line.split()[9]
            if not remote.endswith(":0000"):
                inodes.add(f"socket:[{inode}]")
    links = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(entry.readlink()))
        except OSError:
            continue
    return sum(link in inodes for link in links)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_all_runs_of_a_loop_share_one_socket_and_get_their_own_answers(host: str) -> None:
    protocol = Shuffled(at_once=60)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(protocol, host))
        runs = [await stack.enter_async_context(Resolver((server,))) for _ in range(6)]
        answers = await asyncio.gather(*(run.ask(questions(n * 40, 40)) for n, run in enumerate(runs)))
        assert all(is_right(texts, n * 40) for n, texts in enumerate(answers))
        assert len(protocol.ports) == 1
    assert udp_sockets() == 0


async def test_each_family_and_server_has_a_socket_of_its_own() -> None:
    four, six = Shuffled(at_once=1000), Shuffled(at_once=1000)
    async with serving(four) as one, serving(six, "::1") as other:
        async with Resolver((one,)) as first, Resolver((other,)) as second:
            asking = [asyncio.create_task(run.ask(questions(0, 50))) for run in (first, second)]
            while len(four.held) + len(six.held) < 100:
                await asyncio.sleep(0.001)
            assert udp_sockets() == 2
            four.release()
            six.release()
            assert all(is_right(text, 0) for text in await asyncio.gather(*asking))
        assert udp_sockets() == 0


async def test_a_port_is_left_after_a_while_and_what_was_asked_there_is_answered_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dns_udp, "DNS_SOCKET_AGE", 0.0)
    protocol = Shuffled(at_once=1000)
    async with serving(protocol) as server, Resolver((server,)) as run:
        asking = asyncio.create_task(run.ask(questions(0, 60)))
        while len(protocol.held) < 60:
            await asyncio.sleep(0.001)
        assert len(protocol.ports) == 2, "the one before is kept for its answers, and no third is opened"
        assert udp_sockets() == 2
        protocol.release()
        assert is_right(await asking, 0)
        await asyncio.sleep(0)
        assert udp_sockets() == 0
        later = asyncio.create_task(run.ask(questions(100, 1)))
        while not protocol.held:
            await asyncio.sleep(0.001)
        assert len(protocol.ports) == 3
        protocol.release()
        assert is_right(await later, 100)


async def test_a_closed_port_is_told_to_all_who_ask_there() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = Endpoint("127.0.0.1", taken.getsockname()[1])
    async with Resolver((nobody,)) as run:
        answers = await run.ask(questions(0, 40))
    statuses = {answer.status for answer in answers}
    # once it is clear that it answers for no name, the rest is not asked any more
    assert Status.UNREACHABLE in statuses and statuses <= {Status.UNREACHABLE, Status.NOT_ASKED}
    assert udp_sockets() == 0


async def test_a_run_that_is_cancelled_leaves_no_socket_and_the_others_theirs() -> None:
    protocol = Shuffled(at_once=1000)
    async with serving(protocol) as server, Resolver((server,)) as rest:
        asking = asyncio.create_task(rest.ask(questions(0, 20)))
        async with Resolver((server,)) as given_up:
            lost = asyncio.create_task(given_up.ask(questions(50, 200)))
            while len(protocol.held) < 84:  # 20, and the 64 that one run may have under way
                await asyncio.sleep(0.001)
            lost.cancel()
        await asyncio.gather(lost, return_exceptions=True)
        protocol.release()
        assert is_right(await asking, 0)
        gc.collect()
        assert udp_sockets() == 0


async def test_without_a_descriptor_it_is_this_machine_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(socket, "socket", none_left)
    async with Resolver((Endpoint("192.0.2.53", 53),)) as run:
        (answer,) = await run.ask(questions(0, 1))
    assert answer.status is Status.UNREACHABLE
    assert "this machine allows this process no more open files" in spoken(answer.failure)
    assert "192.0.2.53" not in spoken(answer.failure)
