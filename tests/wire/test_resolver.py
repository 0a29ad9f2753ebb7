"""The live resolver against a loopback server: what each kind of answer becomes."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address
from typing import cast

import pytest

from probe.model.target import Endpoint
from probe.net.resolver import Resolver
from probe.standards.dns.message import Answer, Mx, Question, RecordType, Status, Tlsa, Txt
from probe.wording.spoken import spoken
from tests.support import virtual_time
from tests.support.dns_server import DnsServer, Fault
from tests.support.virtual_time import VirtualLoop

A, AAAA, MX, TXT = RecordType.A, RecordType.AAAA, RecordType.MX, RecordType.TXT

ZONE = {
    "A mail.example": ["192.0.2.10", "192.0.2.11"],
    "AAAA mail.example": ["2001:db8::10"],
    "MX example": ["10 Mail.Example.", "20 192.0.2.9."],
    "MX null.example": ["0 ."],
    "TXT text.example": ['"v=spf1 " "-all"', '"\\000\\255\\""'],
    "CNAME alias.example": ["mail.example."],
    "CNAME loop1.example": ["loop2.example."],
    "CNAME loop2.example": ["loop1.example."],
    "PTR 10.2.0.192.in-addr.arpa": ["mail.example."],
    "NS example": ["ns.example."],
    "SOA example": ["ns.example. hostmaster.example. 1 2 3 4 5"],
    "TLSA _25._tcp.mail.example": ["3 1 1 " + "ab" * 32],
    **{f"CNAME long{i}.example": [f"long{i + 1}.example."] for i in range(20)},
    "A long20.example": ["192.0.2.77"],
}


async def one(server: DnsServer, name: str, rtype: RecordType = A, timeout: float = 0.3) -> Answer:
    async with Resolver((server.endpoint,), query_timeout=timeout, lifetime=3 * timeout) as resolver:
        (answer,) = await resolver.ask((Question(name, rtype),))
    return answer


async def test_every_record_type_is_read() -> None:
    async with DnsServer(ZONE) as server, Resolver((server.endpoint,)) as resolver:
        answers = await resolver.ask(
            (
                Question("mail.example", A),
                Question("mail.example", AAAA),
                Question("example", MX),
                Question("text.example", TXT),
                Question("10.2.0.192.in-addr.arpa", RecordType.PTR),
                Question("example", RecordType.NS),
                Question("example", RecordType.SOA),
                Question("_25._tcp.mail.example", RecordType.TLSA),
                Question("alias.example", RecordType.CNAME),
            )
        )
    assert [answer.status for answer in answers] == [Status.ANSWER] * 9
    assert set(answers[0].records) == {ip_address("192.0.2.10"), ip_address("192.0.2.11")}
    assert answers[1].records == (ip_address("2001:db8::10"),)
    assert set(answers[2].records) == {Mx(10, "mail.example"), Mx(20, "192.0.2.9")}
    assert set(answers[3].records) == {Txt((b"v=spf1 ", b"-all")), Txt((b'\x00\xff"',))}
    assert [answer.records for answer in answers[4:7]] == [
        ("mail.example",),
        ("ns.example",),
        ("ns.example",),
    ]
    assert answers[7].records == (Tlsa(3, 1, 1, b"\xab" * 32),)
    assert answers[8].records == ("mail.example",)
    assert answers[0].ttl == 300


async def test_the_root_as_mx_target_is_an_empty_name() -> None:
    async with DnsServer(ZONE) as server:
        assert (await one(server, "null.example", MX)).records == (Mx(0, ""),)


async def test_a_cname_chain_is_followed_and_named() -> None:
    async with DnsServer(ZONE) as server:
        answer = await one(server, "alias.example")
    assert answer.aliases == ("mail.example",)
    assert answer.status is Status.ANSWER
    assert answer.ttl == 60


async def test_no_data_and_no_such_name_are_told_apart() -> None:
    async with DnsServer(ZONE) as server:
        assert (await one(server, "mail.example", TXT)).status is Status.NODATA
        assert (await one(server, "nothing.example", TXT)).status is Status.NXDOMAIN


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.SERVFAIL, Status.SERVFAIL),
        (Fault.REFUSED, Status.REFUSED),
        (Fault.REFERRAL, Status.REFUSED),
        (Fault.SILENCE, Status.TIMEOUT),
        (Fault.WRONG_ID, Status.TIMEOUT),
        (Fault.WRONG_QUESTION, Status.TIMEOUT),
        (Fault.GARBAGE, Status.MALFORMED),
        (Fault.TRUNCATED_TCP_CLOSED, Status.UNREACHABLE),
    ],
)
async def test_a_failure_is_unknown_and_says_which(fault: Fault, status: Status) -> None:
    async with DnsServer(ZONE, {"mail.example": fault}) as server:
        answer = await one(server, "mail.example")
    assert answer.status is status
    assert answer.is_unknown
    assert spoken(answer.why)


@pytest.mark.parametrize(
    "fault",
    [
        Fault.TRUNCATED,
        Fault.NO_EDNS,
        Fault.WRONG_ID_FIRST,
        Fault.FORGED_GARBAGE_FIRST,
        Fault.SILENT_ONCE,
        Fault.TRUNCATED_IN_RECORD,
        Fault.TRUNCATED_BARE,
        Fault.EDNS_DROPPED,
        Fault.EDNS_FAILS,
        Fault.CNAME_BESIDE,
    ],
)
async def test_a_hitch_is_got_over(fault: Fault) -> None:
    async with DnsServer(ZONE, {"mail.example": fault}) as server:
        answer = await one(server, "mail.example")
    assert set(answer.addresses()) == {ip_address("192.0.2.10"), ip_address("192.0.2.11")}


async def test_truncation_goes_to_tcp() -> None:
    async with DnsServer(ZONE, {"mail.example": Fault.TRUNCATED}) as server:
        await one(server, "mail.example")
        assert [query.tcp for query in server.queries] == [False, True]


async def test_a_64_kib_txt_answer_comes_over_tcp() -> None:
    text = " ".join('"' + "x" * 255 + '"' for _ in range(250))
    async with DnsServer({"TXT big.example": [text]}) as server:
        answer = await one(server, "big.example", TXT, timeout=3)
    assert len(answer.txts()[0].data) == 250 * 255


async def test_a_refused_edns_is_left_out_in_the_second_query() -> None:
    async with DnsServer(ZONE, {"mail.example": Fault.NO_EDNS}) as server:
        await one(server, "mail.example")
        assert [query.edns for query in server.queries] == [True, False]


async def test_what_a_server_makes_of_edns_is_remembered() -> None:
    zone = {f"A host{number}.example": ["192.0.2.10"] for number in range(3)}
    async with (
        DnsServer(zone, {"*": Fault.EDNS_DROPPED}) as server,
        Resolver((server.endpoint,), query_timeout=0.1, lifetime=20) as resolver,
    ):
        for number in range(3):
            (answer,) = await resolver.ask((Question(f"host{number}.example", A),))
            assert answer.status is Status.ANSWER
        assert [query.edns for query in server.asked("host0.example")][:2] == [True, False]
        assert not any(query.edns for query in server.asked("host2.example"))


async def test_a_server_that_speaks_edns_is_always_asked_with_it() -> None:
    async with (
        DnsServer(ZONE, {"mail.example": Fault.SILENT_ONCE}) as server,
        Resolver((server.endpoint,), query_timeout=0.1, lifetime=20) as resolver,
    ):
        await resolver.ask((Question("other.example", A),))
        await resolver.ask((Question("mail.example", A),))
        assert all(query.edns for query in server.queries)
        assert len(server.asked("mail.example")) > 1


async def test_an_answer_that_is_later_than_the_repetition_is_heard() -> None:
    async with (
        DnsServer(ZONE, delay=0.5) as server,
        Resolver((server.endpoint,), query_timeout=0.1, lifetime=20) as resolver,
    ):
        (answer,) = await resolver.ask((Question("mail.example", A),))
        async with asyncio.timeout(10):
            while len(server.queries) < 2:  # the server notes a query when it answers it
                await asyncio.sleep(0.01)
    assert answer.status is Status.ANSWER


async def test_a_failure_tells_the_server_the_way_and_the_number_of_queries() -> None:
    faults = {"mail.example": Fault.TRUNCATED_TCP_CLOSED, "other.example": Fault.SILENCE}
    async with (
        DnsServer(ZONE, faults) as server,
        Resolver((server.endpoint,), query_timeout=0.2, lifetime=0.5) as resolver,
    ):
        cut, silent = await resolver.ask((Question("mail.example", A), Question("other.example", A)))
    assert spoken(cut.failure) == (
        "truncated over UDP, and over TCP the connection was closed before the end of the answer "
        "(name server 127.0.0.1)"
    )
    assert spoken(silent.failure).startswith("no answer in 0.")
    assert spoken(silent.failure).endswith(" queries (name server 127.0.0.1)")


async def test_a_failed_dnssec_validation_is_named() -> None:
    async with DnsServer(ZONE, {"mail.example": Fault.BOGUS}) as server:
        answer = await one(server, "mail.example")
    assert (answer.status, spoken(answer.why)) == (Status.SERVFAIL, "SERVFAIL, DNSSEC_BOGUS")


async def test_a_closed_port_is_unreachable_without_waiting() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
    async with Resolver((Endpoint("127.0.0.1", port),)) as resolver:
        (answer,) = await resolver.ask((Question("mail.example", A),))
    assert answer.status is Status.UNREACHABLE


async def test_cname_loops_and_endless_chains_end() -> None:
    async with DnsServer(ZONE) as server:
        loop = await one(server, "loop1.example")
        endless = await one(server, "long0.example")
    assert loop.status is Status.CNAME_LOOP
    assert endless.status is Status.CNAME_LOOP
    assert "16" in spoken(endless.why)


async def test_a_chain_left_open_is_asked_on() -> None:
    async with DnsServer(ZONE, {"alias.example": Fault.BARE_CHAIN}) as server:
        answer = await one(server, "alias.example")
        assert [query.name for query in server.queries] == ["alias.example", "mail.example"]
    assert answer.aliases == ("mail.example",)
    assert len(answer.addresses()) == 2


async def test_a_loop_of_open_chains_ends() -> None:
    async with DnsServer(ZONE, {"*": Fault.BARE_CHAIN}) as server:
        answer = await one(server, "loop1.example")
        endless = await one(server, "long0.example")
    assert answer.status is Status.CNAME_LOOP
    assert endless.status is Status.CNAME_LOOP
    assert len(server.queries) < 15


async def test_the_ad_bit_is_asked_for_and_recorded() -> None:
    async with DnsServer(ZONE, authenticated=True) as server:
        secure = await one(server, "mail.example")
        assert all(query.authentic_data and query.recursion_desired for query in server.queries)
    async with DnsServer(ZONE) as server:
        insecure = await one(server, "mail.example")
    assert (secure.authenticated, insecure.authenticated) == (True, False)


@pytest.mark.parametrize(
    "name", ["a..example", f"{'x' * 64}.example", ".".join(["x" * 60] * 5), "fass\u00df.example"]
)
async def test_a_name_that_dns_cannot_hold_is_not_asked(name: str) -> None:
    async with DnsServer(ZONE) as server:
        answer = await one(server, name)
        assert server.queries == []
    assert answer.status is Status.BAD_NAME


async def test_odd_octets_of_names_survive_both_ways() -> None:
    zone = {
        "PTR odd.example": ["a\\.b\\\\c\\032D\\255.example."],
        "A a\\.b\\\\c\\032d\\255.example": ["192.0.2.1"],
    }
    async with DnsServer(zone) as server:
        (name,) = (await one(server, "odd.example", RecordType.PTR)).names()
        answer = await one(server, name)
    assert name == "a\\.b\\\\c\\032d\\255.example"
    assert answer.status is Status.ANSWER


@pytest.mark.parametrize("fault", [Fault.SERVFAIL, Fault.REFUSED, Fault.SILENCE, Fault.GARBAGE])
async def test_the_next_server_is_asked_when_one_fails(fault: Fault) -> None:
    async with (
        DnsServer(ZONE, {"*": fault}) as bad,
        DnsServer(ZONE) as good,
        Resolver((bad.endpoint, good.endpoint), query_timeout=1.0) as resolver,
    ):
        (answer,) = await resolver.ask((Question("mail.example", A),))
    assert answer.status is Status.ANSWER
    # the test question (`.` NS) may come too: whether any server is alive is asked after query_timeout
    assert len(good.asked("mail.example")) == 1


async def test_a_denial_is_believed_without_asking_further() -> None:
    async with DnsServer({}) as first, DnsServer(ZONE) as second:
        async with Resolver((first.endpoint, second.endpoint)) as resolver:
            (answer,) = await resolver.ask((Question("mail.example", A),))
        assert second.queries == []
    assert answer.status is Status.NXDOMAIN


async def test_of_several_failures_the_spoken_one_is_told() -> None:
    async with (
        DnsServer(ZONE, {"*": Fault.SILENCE}) as silent,
        DnsServer(ZONE, {"*": Fault.SERVFAIL}) as failing,
        Resolver((silent.endpoint, failing.endpoint), query_timeout=0.1, lifetime=0.3) as resolver,
    ):
        (answer,) = await resolver.ask((Question("mail.example", A),))
    assert answer.status is Status.SERVFAIL


async def test_each_question_is_asked_and_delivered_once() -> None:
    delivered: list[Answer] = []
    question = Question("mail.example", A)
    async with DnsServer(ZONE, delay=0.05) as server:
        async with Resolver((server.endpoint,), on_answer=delivered.append) as resolver:
            together = await asyncio.gather(resolver.ask((question, question)), resolver.ask((question,)))
            later = await resolver.ask((question,))
        assert len(server.queries) == 1
    assert together[0] == (later[0], later[0])
    assert delivered == [later[0]]


async def test_answers_come_in_the_order_of_the_questions() -> None:
    zone = {f"A host{i}.example": [f"192.0.2.{i}"] for i in range(100)}
    questions = tuple(Question(f"host{i}.example", A) for i in range(100))
    async with DnsServer(zone, delay=0.02) as server, Resolver((server.endpoint,), parallel=16) as resolver:
        answers = await resolver.ask(questions)
    assert [answer.question for answer in answers] == list(questions)
    assert [str(answer.records[0]) for answer in answers] == [f"192.0.2.{i}" for i in range(100)]
    assert 1 < server.most_in_flight <= 16


def test_an_answer_that_comes_while_this_process_is_stopped_is_heard() -> None:
    """Ctrl-Z for a minute: that nobody answered in time is this machine's doing."""

    class Stopping(DnsServer):
        def start(self, wire: bytes, peer: object) -> None:
            super().start(wire, peer)
            cast(VirtualLoop, asyncio.get_running_loop()).stand_still(60.0)

    async def work() -> Answer:
        async with Stopping(ZONE) as server, Resolver((server.endpoint,)) as resolver:
            (answer,) = await resolver.ask((Question("mail.example", A),))
        return answer

    assert virtual_time.run(work()).status is Status.ANSWER


async def test_past_the_deadline_nothing_is_asked() -> None:
    async with DnsServer(ZONE) as server:
        async with Resolver((server.endpoint,), seconds_left=lambda: 0.0) as resolver:
            (answer,) = await resolver.ask((Question("mail.example", A),))
        assert server.queries == []
    assert answer.status is Status.NOT_ASKED
    assert "deadline" in spoken(answer.why)


async def test_the_deadline_cuts_the_wait_for_an_answer() -> None:
    async with (
        DnsServer(ZONE, {"*": Fault.SILENCE}) as server,
        Resolver((server.endpoint,), seconds_left=lambda: 0.2, query_timeout=60, lifetime=60) as resolver,
    ):
        (answer,) = await asyncio.wait_for(resolver.ask((Question("mail.example", A),)), 20)
    assert answer.status is Status.TIMEOUT
    assert "the time of the run was over" in spoken(answer.failure)


async def test_the_cap_on_queries_holds_and_is_said() -> None:
    questions = tuple(Question(f"host{i}.example", A) for i in range(5))
    async with DnsServer({}) as server:
        async with Resolver((server.endpoint,), max_queries=3, parallel=1) as resolver:
            answers = await resolver.ask(questions)
        assert len(server.queries) == 3
    assert [answer.status for answer in answers] == [Status.NXDOMAIN] * 3 + [Status.NOT_ASKED] * 2
    assert "3 DNS queries" in spoken(answers[4].why)


async def test_closing_ends_what_is_under_way_without_an_answer() -> None:
    delivered: list[Answer] = []
    async with DnsServer(ZONE, {"*": Fault.SILENCE}) as server:
        resolver = Resolver((server.endpoint,), on_answer=delivered.append, query_timeout=60, lifetime=60)
        waiting = asyncio.create_task(resolver.ask((Question("mail.example", A),)))
        while not server.queries:
            await asyncio.sleep(0.01)
        await resolver.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert delivered == []


async def test_two_resolvers_share_nothing() -> None:
    async with DnsServer(ZONE) as server:
        await one(server, "mail.example")
        await one(server, "mail.example")
        assert len(server.queries) == 2
