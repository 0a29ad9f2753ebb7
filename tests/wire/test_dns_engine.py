"""The engine for thousands of questions gives the answers of the resolver for single ones, and loses none."""

from __future__ import annotations

import asyncio
import socket
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from probe.model.target import Endpoint
from probe.net.dns_burst import BurstSender
from probe.net.dns_engine import DnsEngine, Work
from probe.net.resolver import FINAL, Resolver
from probe.settings import ENGINE_LEAST_WINDOW
from probe.standards.dns.message import Answer, Question, RecordType, Status
from tests.support.dns_server import DnsServer, Fault
from tests.support.hostile_zones import UNANSWERED, ZONES, zone_of

A, MX, TXT = RecordType.A, RecordType.MX, RecordType.TXT
ZONE = {
    "MX shop.example": ["10 mx.shop.example.", "20 Other.Example."],
    "A mx.shop.example": ["192.0.2.1", "192.0.2.2"],
    "AAAA mx.shop.example": ["2001:db8::1"],
    "TXT shop.example": ['"v=spf1 " "-all"', '"other"'],
    "CNAME alias.example": ["mx.shop.example."],
    "PTR 1.2.0.192.in-addr.arpa": ["mx.shop.example."],
    "NS shop.example": ["ns.shop.example."],
    "SOA shop.example": ["ns.shop.example. hostmaster.shop.example. 1 2 3 4 300"],
    "TLSA _25._tcp.mx.shop.example": ["3 1 1 " + "ab" * 32],
    "MX null.example": ["0 ."],
    "A zero.example": ["0.0.0.0"],
    "AAAA dns64.example": ["64:ff9b::192.0.2.1"],
}
QUESTIONS = (
    *(Question(key.split(" ")[1], RecordType(key.split(" ")[0])) for key in ZONE),
    Question("alias.example", A),
    Question("gone.example", A),
    Question("shop.example", RecordType.AAAA),
    Question("local", A),
    Question("a..b.example", A),
    Question("x" * 64, A),
    Question("", RecordType.NS),
)
FEW = QUESTIONS[:5]
# Hundreds of datagrams a question soon fill the buffers of the kernel, and then the truth is lost
FLOODS = {Fault.FLOOD, Fault.FLOOD_FIRST}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probe.net.dns_window.ENGINE_AGAIN", 0.2)
    monkeypatch.setattr("probe.net.dns_window.ENGINE_TRIES", 2)


def _plain(answers: Sequence[Answer]) -> list[Answer]:
    """The answers without what differs from one reply to the next: the time, the order of the records, and
    how often a silent server was asked."""
    return [
        replace(
            it,
            elapsed_ms=0,
            records=tuple(sorted(it.records, key=str)),
            why=it.why if it.status is not Status.TIMEOUT else None,
        )
        for it in answers
    ]


async def _both(
    zone: Mapping[str, Sequence[str]],
    questions: tuple[Question, ...],
    faults: Mapping[str, Fault] | None = None,
    wildcard: Mapping[str, Sequence[str]] | None = None,
) -> None:
    # short only where a question is never answered: a loaded machine still answers the rest in time
    query, lifetime = (0.3, 0.6) if UNANSWERED.intersection((faults or {}).values()) else (1.0, 20.0)
    async with DnsServer(zone, faults, wildcard=wildcard) as server:
        servers = (server.endpoint,)
        async with Resolver(servers, query_timeout=query, lifetime=lifetime) as resolver:
            careful = await resolver.ask(questions)
        server.forget_what_was_dropped()
        async with DnsEngine(servers, query_timeout=query, lifetime=lifetime) as engine:
            quick = await engine.ask(questions)
    assert _plain(quick) == _plain(careful)


@pytest.mark.usefixtures("impatient")
async def test_each_question_has_the_answer_of_the_resolver() -> None:
    await _both(ZONE, QUESTIONS)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", tuple(Fault))
async def test_a_server_that_misbehaves_gives_the_same_answers(fault: Fault) -> None:
    await _both(ZONE, FEW[:1] if fault in FLOODS else FEW, {"*": fault})


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in ZONES])
async def test_a_hostile_zone_gives_the_same_answers(path: Path) -> None:
    table = tomllib.loads(path.read_text("utf-8"))
    zone = zone_of(table)
    faults = {name: Fault(fault) for name, fault in table.get("faults", {}).items()}
    named = [key.rpartition(" ")[2] for key in (*zone, *faults) if key != "*"]
    keys = dict.fromkeys((name, rtype) for name in named for rtype in (A, RecordType.AAAA, MX, TXT))
    most = 1 if FLOODS.intersection(faults.values()) else 40
    questions = tuple(Question(name, rtype) for name, rtype in list(keys)[:most])
    await _both(zone, questions, faults, table.get("wildcard"))


def _ask(question: Question) -> Work[Status]:
    (response,) = yield (question,)
    return response.status


@pytest.mark.parametrize("window", [None, 1, 10, 5000])
async def test_no_question_is_lost_at_any_window(window: int | None) -> None:
    zone = {f"MX d{number}.example": ["10 mx.example."] for number in range(0, 1000, 2)}
    result: Counter[Status] = Counter()
    async with DnsServer(zone) as server, DnsEngine((server.endpoint,), window=window) as engine:
        count = 100 if window == 1 else 1000
        works = (_ask(Question(f"d{number}.example", MX)) for number in range(count))
        await engine.run(works, lambda status: result.update([status]))
    assert result == {Status.ANSWER: count // 2, Status.NXDOMAIN: count // 2}


async def test_names_that_are_always_refused_leave_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal need not mean that there were too many."""
    monkeypatch.setattr("probe.net.dns_window.ENGINE_AGAIN", 0.5)
    zone = {f"A d{number}.example": ["192.0.2.1"] for number in range(1000)}
    faults = {f"d{number}.example": Fault.REFUSED for number in range(0, 1000, 2)}
    result: Counter[Status] = Counter()
    windows: set[float] = set()
    async with DnsServer(zone, faults) as server, DnsEngine((server.endpoint,)) as engine:

        async def look() -> None:
            while sum(result.values()) < 1000:
                windows.add(engine.questions.size)
                await asyncio.sleep(0.01)

        works = (_ask(Question(f"d{number}.example", A)) for number in range(1000))
        await asyncio.gather(engine.run(works, lambda status: result.update([status])), look())
    assert result == {Status.ANSWER: 500, Status.REFUSED: 500}
    assert min(windows) > ENGINE_LEAST_WINDOW


@pytest.mark.usefixtures("impatient")
async def test_where_bursts_are_lost_each_query_is_sent_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux passes a burst on as one packet, which something on the way may not know how to take apart."""
    lost = 0

    def lose(sender: BurstSender, wires: list[bytes]) -> bool:
        nonlocal lost
        lost += 1
        return True

    monkeypatch.setattr(BurstSender, "_send_together", lose)
    monkeypatch.setattr("probe.net.dns_burst._knows_segments", lambda udp: True)
    result: Counter[Status] = Counter()
    async with (
        DnsServer({}, wildcard={"A": ["192.0.2.1"]}) as server,
        DnsEngine((server.endpoint,)) as engine,
    ):
        works = (_ask(Question(f"d{number:04}.example", A)) for number in range(1000))
        await engine.run(works, lambda status: result.update([status]))
    assert result == {Status.ANSWER: 1000}
    assert 0 < lost < 5  # those of the first window


@pytest.mark.usefixtures("impatient")
async def test_a_burst_that_is_lost_later_is_an_accident(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full buffer of the name server, as where bursts have arrived before."""
    send_together = BurstSender._send_together
    calls = 0
    is_full = False

    def lose(sender: BurstSender, wires: list[bytes]) -> bool:
        nonlocal calls
        calls += 1
        return is_full or send_together(sender, wires)

    monkeypatch.setattr(BurstSender, "_send_together", lose)
    monkeypatch.setattr("probe.net.dns_burst._knows_segments", lambda udp: True)
    result: Counter[Status] = Counter()
    async with (
        DnsServer({}, wildcard={"A": ["192.0.2.1"]}) as server,
        DnsEngine((server.endpoint,)) as engine,
    ):
        for start in (1000, 2000, 3000):
            calls, is_full = 0, start == 2000
            works = (_ask(Question(f"d{number}.example", A)) for number in range(start, start + 100))
            await engine.run(works, lambda status: result.update([status]))
            await asyncio.sleep(0.25)  # so that the first run's answers are no longer awaited
            assert calls
    assert result == {Status.ANSWER: 300}


@pytest.mark.usefixtures("impatient")
async def test_a_name_server_that_ends_is_given_up_once_for_each_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both attempts of a question may wait on one socket."""
    monkeypatch.setattr("probe.net.dns_ports.ENGINE_SOCKETS", 1)
    faults: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: faults.append(context))
    result: Counter[bool] = Counter()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        loop.call_later(0.1, silent.close)  # before they are asked again
        async with DnsEngine((Endpoint("127.0.0.1", silent.getsockname()[1]),)) as engine:
            works = (_ask(Question(f"d{number}.example", A)) for number in range(50))
            await engine.run(works, lambda status: result.update([status in FINAL]))
    assert result == {False: 50}
    assert not faults


async def test_a_question_under_way_is_asked_once_and_remembered_for_its_ttl() -> None:
    async with DnsServer(ZONE, delay=0.05) as server, DnsEngine((server.endpoint,)) as engine:
        result: list[Status] = []
        await engine.run((_ask(QUESTIONS[0]) for _ in range(500)), result.append)
        await engine.run((_ask(QUESTIONS[0]) for _ in range(500)), result.append)
        (again,) = await engine.ask((QUESTIONS[0],))
    assert result == [Status.ANSWER] * 1000
    assert len(server.queries) == 1
    assert {mx.exchange for mx in again.mxs()} == {"mx.shop.example", "other.example"}


async def test_of_too_many_answers_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probe.net.dns_window.ENGINE_ANSWERS_KEPT", 20)
    questions = tuple(Question(f"d{number}.example", A) for number in range(25))
    async with (
        DnsServer({}, wildcard={"A": ["192.0.2.1"]}) as server,
        DnsEngine((server.endpoint,), window=1) as engine,
    ):
        await engine.ask(questions)
        before = len(server.queries)
        await engine.ask(questions[7:])
        assert len(server.queries) == before
        await engine.ask(questions[:2])
        assert len(server.queries) == before + 2


async def test_an_answer_without_a_time_to_live_is_not_remembered() -> None:
    async with DnsServer(ZONE, {"*": Fault.NO_TTL}) as server, DnsEngine((server.endpoint,)) as engine:
        await engine.ask((QUESTIONS[0],))
        await engine.ask((QUESTIONS[0],))
    assert len(server.queries) == 2


async def test_work_goes_on_with_what_it_was_told() -> None:
    def hosts(domain: str) -> Work[list[object]]:
        (mx,) = yield (Question(domain, MX),)
        names = sorted(record[1] for record in mx.records if isinstance(record, tuple))
        responses = yield tuple(Question(str(name), A) for name in names)
        return [record for response in responses for record in response.records]

    async with DnsServer(ZONE) as server, DnsEngine((server.endpoint,)) as engine:
        result: list[list[object]] = []
        await engine.run([hosts("shop.example")], result.append)
    assert [sorted(map(str, it)) for it in result] == [sorted(map(str, (b"\xc0\0\2\1", b"\xc0\0\2\2")))]


@pytest.mark.usefixtures("impatient")
async def test_the_next_server_is_asked_where_one_is_silent() -> None:
    async with (
        DnsServer(ZONE, {"*": Fault.SILENCE}) as silent,
        DnsServer(ZONE) as server,
        DnsEngine((silent.endpoint, server.endpoint)) as engine,
    ):
        (answer,) = await engine.ask((QUESTIONS[0],))
    assert answer.status is Status.ANSWER
    assert answer.provenance is not None
    assert answer.provenance.server.endswith(str(server.endpoint.port))


async def test_where_nothing_listens_each_question_is_told_so() -> None:
    async with DnsServer(ZONE) as server:
        nobody = Endpoint("127.0.0.1", server.endpoint.port)
    async with DnsEngine((nobody,), lifetime=0.6) as engine:
        result: list[Status] = []
        await engine.run((_ask(Question(f"d{number}.example", MX)) for number in range(200)), result.append)
    assert len(result) == 200
    assert Status.UNREACHABLE in result and set(result) <= {Status.UNREACHABLE, Status.NOT_ASKED}


@pytest.mark.parametrize("place", ["work", "source", "take"])
async def test_what_the_callers_code_raises_is_raised_by_run(place: str) -> None:
    class OwnError(Exception):
        pass

    def work() -> Work[Status]:
        (response,) = yield (QUESTIONS[0],)
        if place == "work":
            raise OwnError
        return response.status

    def works() -> Iterator[Work[Status]]:
        yield work()
        if place == "source":
            raise OwnError

    def take(status: Status) -> None:
        if place == "take":
            raise OwnError

    async with DnsServer(ZONE) as server, DnsEngine((server.endpoint,)) as engine:
        with pytest.raises(OwnError):
            await asyncio.wait_for(engine.run(works(), take), 10)


async def test_works_are_drawn_as_there_is_room() -> None:
    drawn = run = most = 0

    def works() -> Iterator[Work[Status]]:
        nonlocal drawn, most
        for number in range(500):
            drawn += 1
            most = max(most, drawn - run)
            yield _ask(Question(f"d{number}.example", MX))

    def take(status: Status) -> None:
        nonlocal run
        run += 1

    async with DnsServer({}) as server, DnsEngine((server.endpoint,), window=50) as engine:
        await engine.run(works(), take)
    assert run == 500
    assert most <= 52
