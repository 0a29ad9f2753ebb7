"""A question that was sent before its resolver was there: answered as any other, and sent once."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from probe.model.target import Endpoint
from probe.net import dns_exchange, nameservers
from probe.net.early_question import EarlyQuestion, ask_early
from probe.net.resolv_conf import ResolverConfiguration
from probe.net.resolver import Resolver
from probe.standards.dns.message import Answer, Question, RecordType, Status
from tests.support.dns_server import DnsServer, Fault, Seen

ZONE = {
    "MX rcpt.example": ["10 mx.rcpt.example."],
    "A mx.rcpt.example": ["192.0.2.25"],
    "CNAME alias.example": ["rcpt.example."],
    "A other.example": ["192.0.2.26"],
}
MX = Question("rcpt.example", RecordType.MX)
A = Question("mx.rcpt.example", RecordType.A)
HASTE: dict[str, Any] = {"query_timeout": 0.9, "lifetime": 2.0}


def sent(*servers: Endpoint, question: Question = MX) -> EarlyQuestion:
    early = ask_early(servers, (question,))
    assert early is not None
    return early


async def answer_of(*servers: Endpoint, early: EarlyQuestion | None, question: Question = MX) -> Answer:
    async with Resolver(servers, early=early, **HASTE) as resolver:
        (answer,) = await resolver.ask((question,))
    return replace(answer, elapsed_ms=0)


async def observed(fault: Fault | None, question: Question, *, is_early: bool) -> tuple[Answer, set[Seen]]:
    """The answer, and which questions it took. Without what depends on a port, or on how often there was time
    to ask again."""
    faults = {} if fault is None else {question.name: fault}
    async with DnsServer(ZONE, faults) as server:
        early = sent(server.endpoint, question=question) if is_early else None
        answer = await answer_of(server.endpoint, early=early, question=question)
        why = answer.why and replace(answer.why, server="", queries=0, strange=0)
        provenance = answer.provenance and replace(answer.provenance, server="")
        return replace(answer, why=why, provenance=provenance), set(server.queries)


_BY_CHANCE = {Fault.TRUNCATED_TCP_RESET}  # which of two errors it shows


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        *((fault, "rcpt.example") for fault in Fault if fault not in _BY_CHANCE),
        *((None, name) for name in ("rcpt.example", "alias.example", "no.example")),
    ],
)
async def test_it_is_answered_and_followed_up_as_any_other(fault: Fault | None, name: str) -> None:
    question = Question(name, RecordType.MX)
    early, usual = await asyncio.gather(*(observed(fault, question, is_early=it) for it in (True, False)))
    assert early == usual


async def test_it_is_sent_once_from_a_socket_that_is_used_on() -> None:
    async with DnsServer(ZONE) as server:
        early = sent(server.endpoint)
        port = early.socket.getsockname()[1]
        async with Resolver((server.endpoint,), early=early) as resolver:
            await asyncio.gather(resolver.ask((MX,)), resolver.ask((MX, A)))
            assert (await resolver.ask((MX,)))[0].status is Status.ANSWER
            assert server._last_peer[1] == port
        assert [(it.rtype, it.edns) for it in server.queries] == [("MX", True), ("A", True)]
    assert early.socket.fileno() < 0


async def test_its_time_counts_from_the_sending() -> None:
    async with DnsServer(ZONE) as server:
        early = sent(server.endpoint)
        await asyncio.sleep(0.3)
        async with Resolver((server.endpoint,), early=early) as resolver:
            answer, other = await resolver.ask((MX, A))
        assert answer.elapsed_ms >= 300 > other.elapsed_ms


async def test_an_answer_that_waited_longer_than_the_question_may_is_heard() -> None:
    async with DnsServer(ZONE) as server:
        early = sent(server.endpoint)
        await asyncio.sleep(0.2)
        early.sent_at -= 60  # its lifetime was over long ago
        answer = await answer_of(server.endpoint, early=early)
        assert (answer.status, len(server.queries)) == (Status.ANSWER, 1)


async def test_without_an_answer_it_is_over_when_it_would_be() -> None:
    async with DnsServer(ZONE, {"rcpt.example": Fault.SILENCE}) as server:
        early = sent(server.endpoint)
        early.sent_at -= 60
        answer = await answer_of(server.endpoint, early=early)
        assert answer.status is Status.TIMEOUT
        assert answer.why is not None and answer.why.seconds == HASTE["lifetime"]
        assert len(server.asked("rcpt.example")) == 1, "there was no time left to ask again"


async def test_it_is_repeated_when_it_would_be() -> None:
    async with DnsServer(ZONE, {"rcpt.example": Fault.SILENT_ONCE}) as server:
        early = sent(server.endpoint)
        early.sent_at -= 3600
        patient: dict[str, Any] = {"query_timeout": 3600.0, "lifetime": 7000.0}
        async with Resolver((server.endpoint,), early=early, **patient) as resolver:
            (answer,) = await resolver.ask((MX,))
        assert answer.status is Status.ANSWER
        assert answer.elapsed_ms >= 3_600_000
        assert [it.edns for it in server.asked("rcpt.example")] == [True, False]


async def test_the_next_server_is_asked_where_the_first_is_silent() -> None:
    async with DnsServer(ZONE, {"*": Fault.SILENCE}) as first, DnsServer(ZONE) as second:
        early = sent(first.endpoint, second.endpoint)
        early.sent_at -= 1.0  # more than one try
        answer = await answer_of(first.endpoint, second.endpoint, early=early)
        assert answer.status is Status.ANSWER
        assert [len(it.asked("rcpt.example")) for it in (first, second)] == [1, 1]


async def test_a_closed_port_is_told_as_to_any_other() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        nowhere = Endpoint("127.0.0.1", taken.getsockname()[1])
    early = ask_early((nowhere,), (MX,))
    await asyncio.sleep(0.05)  # the ICMP error is there before its resolver
    assert await answer_of(nowhere, early=early) == await answer_of(nowhere, early=None)


async def test_a_server_with_an_ipv6_address_is_asked() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as server:
        server.bind(("::1", 0))
        server.settimeout(5)
        early = sent(Endpoint("::1", server.getsockname()[1]))
        assert server.recv(512) == early.query.wire
        early.close()


async def test_past_the_deadline_what_was_asked_is_told() -> None:
    async with DnsServer(ZONE) as server:
        early = sent(server.endpoint)
        await asyncio.sleep(0.1)
        async with Resolver((server.endpoint,), early=early, seconds_left=lambda: 0.0) as resolver:
            answer, other = await resolver.ask((MX, A))
        assert (answer.status, other.status) == (Status.ANSWER, Status.NOT_ASKED)
        assert [it.rtype for it in server.queries] == ["MX"]


async def test_a_question_of_another_name_is_not_taken_for_it() -> None:
    async with DnsServer(ZONE) as server:
        early = sent(server.endpoint)
        async with Resolver((server.endpoint,), early=early) as resolver:
            (answer,) = await resolver.ask((Question("other.example", RecordType.A),))
            assert answer.status is Status.ANSWER
            await resolver.ask((MX,))
        assert sorted(it.rtype for it in server.queries) == ["A", "MX"]


@pytest.mark.parametrize(
    ("servers", "questions"),
    [
        ((Endpoint("127.0.0.1", 9),), ()),
        ((Endpoint("127.0.0.1", 9),), (MX, A)),
        ((Endpoint("127.0.0.1", 9),), (Question("a..example", RecordType.MX),)),
        ((Endpoint("127.0.0.1", 9),), (Question("x" * 64 + ".example", RecordType.MX),)),
        ((Endpoint("dns.example", 53),), (MX,)),
        ((Endpoint("fe80::53%nowhere9", 53),), (MX,)),
    ],
)
def test_what_a_run_would_not_begin_with_is_not_sent(
    servers: tuple[Endpoint, ...], questions: tuple[Question, ...]
) -> None:
    assert ask_early(servers, questions) is None


@pytest.mark.parametrize("tcp", [True, False])
def test_where_the_machine_wants_tcp_no_datagram_leaves(tcp: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        configuration = ResolverConfiguration((Endpoint(*server.getsockname()),), tcp=tcp)
        monkeypatch.setattr(nameservers, "read", lambda _: configuration)
        early = ask_early((), (MX,))
        assert (early is None) == tcp
        if early is None:
            with pytest.raises(BlockingIOError):
                server.recv(512)
        else:
            assert server.recv(512) == early.query.wire
            early.close()


def test_whether_a_server_listens_here_is_left_to_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Endpoint] = []
    monkeypatch.setattr(nameservers, "read", lambda _: ResolverConfiguration(()))
    monkeypatch.setattr(nameservers, "_listens", looks.append)
    assert ask_early((), (MX,)) is None
    assert looks == [], "it may take a second, and the run looks, too"


@pytest.mark.parametrize("step", ["connect", "send"])
def test_a_network_that_is_down_is_left_to_the_run(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Down(socket.socket):
        def connect(self, address: Any) -> None:
            if step == "connect":
                raise OSError(101, "Network is unreachable")
            super().connect(address)

        def send(self, *_: Any) -> int:
            raise OSError(1, "Operation not permitted")

    monkeypatch.setattr("probe.net.dns_socket.socket.socket", Down)
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert ask_early((Endpoint("127.0.0.1", 9),), (MX,)) is None
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_ids_and_ports_are_not_foreseeable() -> None:
    earlier = [sent(Endpoint("127.0.0.1", 9)) for _ in range(20)]
    assert len({it.query.id for it in earlier}) > 10
    assert len({it.socket.getsockname()[1] for it in earlier}) > 10
    for it in earlier:
        it.close()


async def test_a_question_over_tcp_alone_is_never_counted_as_sent() -> None:
    async with DnsServer(ZONE) as server:
        result = await dns_exchange.exchange(server.endpoint, MX, 1.0, tcp=True)
        assert (result.queries, [it.tcp for it in server.queries]) == (1, [True])
