"""The engine for many questions beside name servers that are of no use, or take few at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
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


class Recursor(asyncio.DatagramProtocol):
    """A name server that has each answer after a while, and then keeps it. Beyond `most` open questions it
    gives up the oldest (SERVFAIL), as BIND does, but not its search, and repeats the failure for a while."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.open: dict[bytes, tuple[bytes, tuple[str, int]]] = {}
        self.memory: set[bytes] = set()
        self.failures: dict[bytes, float] = {}  # until when
        self.queries: Counter[bytes] = Counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        question = data[12 : data.index(b"\0", 12) + 5]
        self.queries[question] += 1
        loop = asyncio.get_running_loop()
        if self.failures.get(question, 0) > loop.time():
            self._fail(question, data[:2], addr)
            return
        if question in self.memory:
            self._answer(question, data[:2], addr)
            return
        self.open[question] = data[:2], addr
        loop.call_later(0.2, self._find, question)
        if len(self.open) > self.most:
            oldest = next(iter(self.open))
            self.failures[oldest] = loop.time() + 0.35
            self._fail(oldest, *self.open.pop(oldest))

    def _find(self, question: bytes) -> None:
        self.memory.add(question)
        if question in self.open:
            self._answer(question, *self.open.pop(question))

    def _fail(self, question: bytes, ident: bytes, addr: tuple[str, int]) -> None:
        """With an OPT record: it knows EDNS."""
        failure = b"\x81\x82\0\1\0\0\0\0\0\1" + question + b"\0\0\x29\x04\xd0" + bytes(6)
        self.transport.sendto(ident + failure, addr)

    def _answer(self, question: bytes, ident: bytes, addr: tuple[str, int]) -> None:
        record = b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4" + bytes((192, 0, 2, 1))
        self.transport.sendto(ident + b"\x81\x80\0\1\0\1" + bytes(4) + question + record, addr)


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


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "faults",
    [
        (Fault.REFUSED,),
        (Fault.SERVFAIL,),
        (Fault.REFUSED, Fault.REFUSED),
        (Fault.REFUSED, Fault.SERVFAIL),
        (Fault.SERVFAIL, Fault.REFUSED, Fault.BOGUS),
    ],
)
async def test_what_fails_everywhere_is_asked_twice_of_each(faults: tuple[Fault, ...]) -> None:
    """glibc and its `attempts:2` do as much."""
    names = [f"d{number}.example" for number in range(6)]  # too few for a server to be put aside
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(DnsServer({}, {"*": fault})) for fault in faults]
        result = await _statuses(tuple(it.endpoint for it in servers), names)
        telling = Status.REFUSED if set(faults) == {Fault.REFUSED} else Status.SERVFAIL
        assert result == {telling: 6}
        for server in servers:
            assert Counter(it.name for it in server.queries if it.name in names) == dict.fromkeys(names, 2)


@pytest.mark.usefixtures("impatient")
async def test_many_names_that_fail_everywhere_are_asked_twice_of_each_too() -> None:
    async with DnsServer({}, {"*": Fault.REFUSED}) as one, DnsServer({}, {"*": Fault.SERVFAIL}) as two:
        result = await _statuses(
            (one.endpoint, two.endpoint), [f"d{number}.example" for number in range(400)]
        )
    assert result == {Status.SERVFAIL: 400}
    assert len(one.queries) < 900 and len(two.queries) < 900


@pytest.mark.usefixtures("impatient")
async def test_what_fails_without_an_opt_record_is_asked_again_without_edns() -> None:
    """RFC 6891 section 7."""
    async with DnsServer({}, {"*": Fault.EDNS_FAILS}, wildcard={"A": ["192.0.2.1"]}) as server:
        assert await _statuses((server.endpoint,), ["d.example"]) == {Status.ANSWER: 1}
    assert [it.edns for it in server.asked("d.example")] == [True, False]


@pytest.mark.usefixtures("impatient")
async def test_no_question_is_lost_at_a_name_server_that_gives_up_the_oldest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """BIND, when more than 900 are open: others who ask it suffer, too, so fewer are asked from then on."""
    monkeypatch.setattr("probe.net.dns_window.ENGINE_CALM_WINDOW", 100)
    result: Counter[Status] = Counter()
    transport, recursor = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Recursor(200), local_addr=("127.0.0.1", 0)
    )
    try:
        async with DnsEngine((Endpoint("127.0.0.1", transport.get_extra_info("sockname")[1]),)) as engine:
            works = (_ask(Question(f"d{number}.example", A)) for number in range(2000))
            await engine.run(works, lambda status: result.update([status]))
            size = engine.questions.size
    finally:
        transport.close()
    assert result == {Status.ANSWER: 2000}
    assert len(recursor.failures) > 20
    assert size <= 100


async def test_a_lone_name_server_that_is_slow_is_not_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first window is: nothing is known of the server then."""
    monkeypatch.setattr("probe.net.dns_window.ENGINE_AGAIN", 0.3)
    wildcard = {"A": ["192.0.2.1"]}
    async with DnsServer({}, wildcard=wildcard, delay=0.6) as server:
        result = await _statuses((server.endpoint,), [f"d{number}.example" for number in range(400)])
    assert result == {Status.ANSWER: 400}
    assert len(server.queries) <= 500


class Whims(asyncio.DatagramProtocol):
    """A name server that does something else with each query, by `whims`."""

    def __init__(self, whims: Random) -> None:
        self.whims = whims

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        question = data[12 : data.index(b"\0", 12) + 5]
        record = b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4" + bytes((192, 0, 2, 1))
        behind = b"\0\1\0\1" + bytes(4) + question + record
        bare = b"\0\1" + bytes(6) + question
        truth, other_id = (
            data[:2] + b"\x81\x80" + behind,
            bytes((data[0] ^ 1, data[1])) + b"\x81\x80" + behind,
        )
        other_name = data[:2] + b"\x81\x80\0\1" + bytes(6) + b"\1x\0\0\1\0\1"
        refusal, failure, truncation = (
            data[:2] + it + bare for it in (b"\x81\x85", b"\x81\x82", b"\x83\x80")
        )
        late = self.whims.choice((0.0, 0.01, 0.25, 0.45))  # more than ENGINE_AGAIN, and more than twice that
        rarely: list[list[bytes]] = [
            [],
            3 * [truth],
            [other_id, truth],
            [other_name, truth],
            [b"", data, truth],
        ]
        rarely += [[refusal], [failure], [truncation], [refusal, truth], [truth, failure]]
        for wire in self.whims.choice(([truth], self.whims.choice(rarely))):
            asyncio.get_running_loop().call_later(late, self._send, wire, addr)

    def _send(self, wire: bytes, addr: tuple[str, int]) -> None:
        if not self.transport.is_closing():
            self.transport.sendto(wire, addr)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("seed", range(6))
async def test_whatever_name_servers_do_each_question_has_one_response(seed: int) -> None:
    """And nothing is left under way: an answer that comes twice, or late, is counted once."""
    faults: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: faults.append(context))
    window = (None, 5, 3000)[seed % 3]
    result: Counter[Status] = Counter()
    whims = Random(seed)
    async with AsyncExitStack() as stack:
        endpoints = []
        for _ in range(1 + seed // 2):
            transport, _server = await loop.create_datagram_endpoint(
                lambda: Whims(whims), local_addr=("127.0.0.1", 0)
            )
            stack.callback(transport.close)
            endpoints.append(Endpoint("127.0.0.1", transport.get_extra_info("sockname")[1]))
        async with DnsEngine(tuple(endpoints), window=window) as engine:
            works = (_ask(Question(f"d{number}.example", A)) for number in range(60 if window == 5 else 300))
            await engine.run(works, lambda status: result.update([status]))
            assert engine.questions.room == int(engine.questions.size)
    assert result.total() == (60 if window == 5 else 300)
    assert result[Status.ANSWER] > 0.9 * result.total()
    assert not faults
