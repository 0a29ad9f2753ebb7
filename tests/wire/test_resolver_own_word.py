"""Name servers that answer of their own: the resolver hears others, and keeps who said what."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from probe.model.target import Endpoint
from probe.net.resolver import Resolver
from probe.net.stub import servers_behind
from probe.recording import events as ev
from probe.recording.codec import decode, encode
from probe.standards.dns.message import Answer, Question, RecordType, Status, run_async
from probe.standards.dns.ptr import confirm_reverse
from probe.standards.dns.results import PtrStatus
from probe.wording.spoken import spoken
from tests.support.dns_server import DnsServer, Fault

A, MX, PTR = RecordType.A, RecordType.MX, RecordType.PTR
ZONE = {
    "MX good.example": ["10 mail.example."],
    "A mail.example": ["192.0.2.10"],
    "PTR 10.2.0.192.in-addr.arpa": ["mail.example."],
}
INVENTED = {"PTR 99.2.0.192.in-addr.arpa": ["me.example."], "A me.example": ["192.0.2.99"]}


async def ask(servers: tuple[DnsServer, ...], *questions: Question) -> tuple[Answer, ...]:
    endpoints = tuple(server.endpoint for server in servers)
    async with Resolver(endpoints, query_timeout=0.3, lifetime=0.9) as resolver:
        return await resolver.ask(questions)


async def test_a_denial_of_its_own_making_is_recorded_as_it_was_told() -> None:
    async with DnsServer(ZONE, {"good.example": Fault.BLOCKED}) as server:
        (answer,) = await ask((server,), Question("good.example", MX))
    assert answer.status is Status.NXDOMAIN
    assert answer.provenance is not None
    assert answer.provenance.server == f"127.0.0.1:{server.endpoint.port}"
    assert 'EDE 15 Blocked: "a policy"' in spoken(answer.doubt)
    assert server.endpoint.host in spoken(answer.doubt)
    event = ev.DnsAnswered(5, answer)
    assert decode(encode(event)) == event


async def test_another_name_server_is_heard_before_an_own_word_is_taken() -> None:
    async with (
        DnsServer(ZONE, {"good.example": Fault.BLOCKED}) as filtered,
        DnsServer(ZONE) as true,
    ):
        (answer,) = await ask((filtered, true), Question("good.example", MX))
        assert len(true.asked("good.example")) == 1
    assert (answer.status, answer.doubt) == (Status.ANSWER, None)


@pytest.mark.parametrize("fault", [Fault.SERVFAIL, Fault.REFUSED, Fault.SILENCE, Fault.BLOCKED])
async def test_where_no_other_says_more_the_first_own_word_stays(fault: Fault) -> None:
    async with (
        DnsServer(ZONE, {"good.example": Fault.BLOCKED}) as first,
        DnsServer(ZONE, {"good.example": fault}) as second,
    ):
        (answer,) = await ask((first, second), Question("good.example", MX))
        assert second.asked("good.example")
    assert answer.provenance is not None
    assert answer.provenance.server == f"127.0.0.1:{first.endpoint.port}"
    assert answer.believed().is_unknown


async def test_a_denial_of_the_zone_asks_nobody_else() -> None:
    async with DnsServer(ZONE) as first, DnsServer(ZONE) as second:
        (answer,) = await ask((first, second), Question("nosuch.example", MX))
        assert second.queries == []
    assert (answer.is_negative, answer.doubt) == (True, None)


async def test_an_extended_error_of_a_true_answer_is_kept() -> None:
    async with DnsServer(ZONE, {"good.example": Fault.STALE}) as server:
        (answer,) = await ask((server,), Question("good.example", MX))
    assert answer.provenance is not None
    assert [str(error) for error in answer.provenance.extended] == ["EDE 3 Stale Answer"]
    assert (answer.status, answer.doubt) == (Status.ANSWER, None)


async def test_a_host_of_the_own_network_is_still_found_in_the_routers_hosts_file() -> None:
    """It is named with --mx, say; a second server, outside, knows nothing of it. Its reverse name is another
    matter: that one is held against what others see."""
    reverse = Question("99.2.0.192.in-addr.arpa", PTR)
    async with (
        DnsServer({**ZONE, **INVENTED}, {"*": Fault.LOCAL}) as router,
        DnsServer(ZONE) as outside,
    ):
        host, name = await ask((router, outside), Question("me.example", A), reverse)
    assert host.records == (ip_address("192.0.2.99"),)
    assert name.status is Status.NXDOMAIN


# Authority of a server that also recurses


async def test_a_zone_of_its_own_is_not_believed_where_it_denies() -> None:
    """Whether it is its own, is asked twice for the whole zone."""
    async with DnsServer(ZONE, {"*": Fault.OWN_ZONE}) as server:
        questions = [Question(name, rtype) for name in ("a.example", "b.example") for rtype in (MX, A)]
        answers = await ask((server,), Question("mail.example", MX), *questions)
        assert len(server.queries) == len(answers) + 2
    assert all(answer.believed().status is Status.OWN_WORD for answer in answers)
    assert "out of a zone of its own, example" in spoken(answers[0].doubt)


@pytest.mark.parametrize("name", ["nosuch.example", "mail.example", "alias.example"])
async def test_authority_that_a_forwarder_hands_on_is_not_its_own(name: str) -> None:
    """As dnsmasq does before the answer is in its cache: the first run says what the second does."""
    zone = {**ZONE, "CNAME alias.example": ["mail.example."]}
    async with DnsServer(zone, {"*": Fault.LENT_AUTHORITY}) as server:
        for _ in range(2):
            (answer,) = await ask((server,), Question(name, MX))
            assert answer.is_negative
            assert answer.believed() == answer


@pytest.mark.parametrize("fault", [Fault.SILENCE, Fault.SERVFAIL, Fault.BLOCKED])
async def test_where_its_authority_cannot_be_tried_a_denial_is_not_believed(fault: Fault) -> None:
    async with DnsServer(ZONE, {"MX nosuch.example": Fault.OWN_ZONE, "A nosuch.example": fault}) as server:
        (answer,) = await ask((server,), Question("nosuch.example", MX))
    assert answer.believed().status is Status.OWN_WORD


# The stub of systemd-resolved


async def test_the_servers_behind_the_stub_are_asked_for_reverse_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The stub gives its machine a name, with AA, AD and TTL 0; behind it DNS says NXDOMAIN."""
    async with (
        DnsServer({**ZONE, **INVENTED}, {"*": Fault.LOCAL}) as stub,
        DnsServer(ZONE) as true,
    ):
        monkeypatch.setattr("probe.net.resolver.servers_behind", lambda _: (true.endpoint,))
        async with Resolver((stub.endpoint,), query_timeout=0.3) as resolver:
            invented, real = [
                await run_async(confirm_reverse(ip), resolver.ask)
                for ip in map(ip_address, ("192.0.2.99", "192.0.2.10"))
            ]
            (name,) = await resolver.ask((Question("me.example", A),))
        assert not stub.asked("99.2.0.192.in-addr.arpa")
    assert invented.status is PtrStatus.MISSING
    assert (real.status, real.confirmed) == (PtrStatus.CONFIRMED, ("mail.example",))
    # and all addresses that it has for the name of its machine are looked up behind it, too
    assert name.status is Status.NXDOMAIN


async def test_a_stub_that_does_not_set_aa_is_held_against_those_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As systemd-resolved before 248: only the TTL of 0 gives away what it made up."""
    async with (
        DnsServer({**ZONE, **INVENTED}, {"*": Fault.NO_TTL}) as stub,
        DnsServer(ZONE, {"mail.example": Fault.NO_TTL}) as true,
    ):
        monkeypatch.setattr("probe.net.resolver.servers_behind", lambda _: (true.endpoint,))
        async with Resolver((stub.endpoint,), query_timeout=0.3) as resolver:
            invented, real = await resolver.ask((Question("me.example", A), Question("mail.example", A)))
    assert invented.status is Status.NXDOMAIN
    assert real.records == (ip_address("192.0.2.10"),)


async def test_a_stub_with_nothing_known_behind_it_confirms_nothing() -> None:
    async with (
        DnsServer({**ZONE, **INVENTED}, {"*": Fault.LOCAL}) as stub,
        Resolver((stub.endpoint,), query_timeout=0.3) as resolver,
    ):
        result = await run_async(confirm_reverse(ip_address("192.0.2.99")), resolver.ask)
    assert (result.status, result.confirmed) == (PtrStatus.UNKNOWN, ())
    assert "out of data of its own (AA, TTL 0)" in spoken(result.answers[0].failure)


async def test_the_stub_is_asked_and_not_trusted_where_its_upstreams_do_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with (
        DnsServer({**ZONE, **INVENTED}, {"*": Fault.LOCAL}) as stub,
        DnsServer(ZONE, {"*": Fault.SILENCE}) as silent,
    ):
        monkeypatch.setattr("probe.net.resolver.servers_behind", lambda _: (silent.endpoint,))
        async with Resolver((stub.endpoint,), query_timeout=0.2, lifetime=0.6) as resolver:
            result = await run_async(confirm_reverse(ip_address("192.0.2.99")), resolver.ask)
            true = await run_async(confirm_reverse(ip_address("192.0.2.10")), resolver.ask)
    assert result.status is PtrStatus.UNKNOWN
    assert "out of data of its own" in spoken(result.answers[0].failure)
    assert true.status is PtrStatus.UNKNOWN  # this stub makes up all that it says


async def test_localhost_is_this_machine_wherever_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        DnsServer({"A localhost": ["127.0.0.1"]}, {"*": Fault.LOCAL}) as stub,
        DnsServer({}) as true,
    ):
        monkeypatch.setattr("probe.net.resolver.servers_behind", lambda _: (true.endpoint,))
        async with Resolver((stub.endpoint,), query_timeout=0.3) as resolver:
            (answer,) = await resolver.ask((Question("localhost", A),))
        assert true.queries == []
    assert answer.records == (ip_address("127.0.0.1"),)


STUB = Endpoint("127.0.0.53", 53)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (b"nameserver 192.0.2.53\nsearch .\n", ("192.0.2.53",)),
        (b"# a comment\n\nnameserver 192.0.2.53\nnameserver 2001:db8::1\n", ("192.0.2.53", "2001:db8::1")),
        (b"nameserver 192.0.2.1\nnameserver 192.0.2.1\n", ("192.0.2.1",)),
        (b"nameserver fe80::1%eth0\n", ("fe80::1%eth0",)),
        (b"nameserver 127.0.0.53\n", ()),
        (b"nameserver\nnameserver dns.example\nnameserver 192.0.2.1#53\n\xff\xfe nameserver 192.0.2.2\n", ()),
        (b"", ()),
        (b"nameserver 192.0.2.1\n" * 100_000, ("192.0.2.1",)),
    ],
)
def test_the_file_beside_the_stubs_own_names_what_it_asks(
    text: bytes, result: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "resolv.conf"
    file.write_bytes(text)
    assert tuple(server.host for server in servers_behind((STUB,), file)) == result


def test_only_the_stub_has_servers_behind_it(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("nameserver 192.0.2.53\n")
    assert servers_behind((Endpoint("192.0.2.1", 53),), file) == ()
    assert servers_behind((Endpoint("127.0.0.53", 5353),), file) == ()
    assert servers_behind((STUB, Endpoint("192.0.2.53", 53)), file) == ()  # it is asked anyway
    assert servers_behind((STUB,), tmp_path / "none") == ()
    assert servers_behind((STUB,), tmp_path) == ()
