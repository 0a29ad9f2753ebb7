"""The engine for many questions beside name servers that are of no use, or take few at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

import pytest

from probe.model.target import Endpoint
from probe.net.dns_engine import DnsEngine, Work
from probe.settings import ENGINE_REFUSALS
from probe.standards.dns.message import Question, RecordType, Status
from tests.support.dns_server import DnsServer, Fault

A = RecordType.A


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probe.net.dns_window.ENGINE_AGAIN", 0.2)
    monkeypatch.setattr("probe.net.dns_window.ENGINE_TRIES", 2)


def _ask(question: Question) -> Work[Status]:
    (response,) = yield (question,)
    return response.status


class Forwarder(asyncio.DatagramProtocol):
    """A name server that answers `most` questions at once, each after a while, and refuses the others. What
    is below "closed" it always refuses, and for what is below "broken" it has a SERVFAIL."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.open = 0
        self.refused: Counter[bytes] = Counter()
        self.queries = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        question = data[12 : data.index(b"\0", 12) + 5]
        self.queries += 1
        if self.open >= self.most or b"closed" in question:
            self.refused[question] += 1
            self.transport.sendto(data[:2] + b"\x81\x85\0\1" + bytes(6) + question, addr)
            return
        self.open += 1
        if b"broken" in question:
            reply = data[:2] + b"\x81\x82\0\1" + bytes(6) + question
        else:
            record = b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4" + bytes((192, 0, 2, 1))
            reply = data[:2] + b"\x81\x80\0\1\0\1" + bytes(4) + question + record
        asyncio.get_running_loop().call_later(0.02, self._answer, reply, addr)

    def _answer(self, reply: bytes, addr: tuple[str, int]) -> None:
        self.open -= 1
        self.transport.sendto(reply, addr)


@asynccontextmanager
async def forwarder(most: int) -> AsyncIterator[tuple[Forwarder, Endpoint]]:
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Forwarder(most), local_addr=("127.0.0.1", 0)
    )
    try:
        yield protocol, Endpoint("127.0.0.1", transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


async def _statuses(servers: tuple[Endpoint, ...], names: Sequence[str]) -> Counter[Status]:
    result: Counter[Status] = Counter()
    async with DnsEngine(servers) as engine:
        await engine.run((_ask(Question(name, A)) for name in names), lambda status: result.update([status]))
    return result


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("most", [1, 5, 20])
async def test_what_a_forwarder_refuses_as_too_much_is_asked_again(most: int) -> None:
    """dnsmasq refuses what is beyond 150 questions at once; a name that it refuses always stays refused. New
    questions do not take the room of those that were refused."""
    names = ["closed.example"] + [f"d{number}.example" for number in range(50 * most)]
    async with forwarder(most) as (server, endpoint):
        result = await _statuses((endpoint,), names)
    assert server.refused.total() > 30  # the first window is more than it takes
    assert result == {Status.ANSWER: 50 * most, Status.REFUSED: 1}
    assert max(count for name, count in server.refused.items() if b"closed" not in name) <= ENGINE_REFUSALS


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("most", [1, 5, 20])
async def test_a_failure_does_not_become_a_refusal_where_too_much_is_refused(most: int) -> None:
    """The question is asked a second time, carefully, and that takes room of the forwarder, too."""
    names = [f"{'broken' if number % 3 == 0 else 'd'}{number}.example" for number in range(30 * most)]
    async with forwarder(most) as (_, endpoint):
        result = await _statuses((endpoint,), names)
    assert result == {Status.ANSWER: 20 * most, Status.SERVFAIL: 10 * most}


@pytest.mark.usefixtures("impatient")
async def test_two_forwarders_share_what_each_refuses_as_too_much() -> None:
    async with forwarder(20) as (_, first), forwarder(20) as (_, second):
        result = await _statuses((first, second), [f"d{number}.example" for number in range(500)])
    assert result == {Status.ANSWER: 500}


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.SERVFAIL, Fault.SILENCE, Fault.OTHER_SOURCE, None])
@pytest.mark.parametrize("place", [0, 1])
async def test_a_name_server_that_never_answers_is_put_aside(
    monkeypatch: pytest.MonkeyPatch, fault: Fault | None, place: int
) -> None:
    """Its failures say nothing of the other one: that one is asked directly, with a wide window. With None,
    nothing listens there."""
    monkeypatch.setattr("probe.net.dns_window.ENGINE_WINDOW", 200)  # what a buffer holds
    result: Counter[Status] = Counter()
    async with (
        DnsServer({}, {"*": fault or Fault.SILENCE}, wildcard={"A": ["192.0.2.1"]}) as useless,
        forwarder(10_000) as (good, endpoint),
    ):
        if fault is None:
            await useless.stop()
        servers = [endpoint]
        servers.insert(place, useless.endpoint)
        async with DnsEngine(tuple(servers)) as engine:
            works = (_ask(Question(f"d{number}.example", A)) for number in range(2000))
            await engine.run(works, lambda status: result.update([status]))
            size = engine.questions.size
    assert result == {Status.ANSWER: 2000}
    assert good.queries < 2300
    assert len({it.name for it in useless.queries}) < 300
    assert size > 50


@pytest.mark.usefixtures("impatient")
async def test_a_name_server_that_was_put_aside_is_asked_when_the_other_one_ends() -> None:
    wildcard = {"A": ["192.0.2.1"]}
    result: Counter[Status] = Counter()
    async with (
        DnsServer({}, {"*": Fault.REFUSED}, wildcard=wildcard) as first,
        DnsServer({}, wildcard=wildcard) as second,
        DnsEngine((first.endpoint, second.endpoint)) as engine,
    ):
        for start in (0, 300):
            works = (_ask(Question(f"d{number}.example", A)) for number in range(start, start + 300))
            await engine.run(works, lambda status: result.update([status]))
            first.mend()
            await second.stop()
    assert result == {Status.ANSWER: 600}


@pytest.mark.usefixtures("impatient")
async def test_what_all_name_servers_refuse_is_refused() -> None:
    """Names that the first refuses and the second answers are answered."""
    zone = {f"A d{number}.example": ["192.0.2.1"] for number in range(90)}
    first = {f"d{number}.example": Fault.REFUSED for number in range(90) if number % 3}
    second = {f"d{number}.example": Fault.REFUSED for number in range(90) if number % 3 == 1}
    async with DnsServer(zone, first) as one, DnsServer(zone, second) as two:
        result = await _statuses((one.endpoint, two.endpoint), [f"d{number}.example" for number in range(90)])
    assert result == {Status.ANSWER: 60, Status.REFUSED: 30}
