"""The lab's DNS server as a resolver's client sees it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address

import dns.asyncquery
import dns.flags
import dns.message
import dns.rcode

from probe.knowledge.dnsbl import built_in_lists
from probe.lab.dns_server import serve_dns
from probe.lab.scenario import ListedSubject
from probe.lab.zone import Zone, blocklist_records
from probe.model.listing import ListingRole, ListingStatus
from probe.model.target import Endpoint
from probe.net.resolver import Resolver
from probe.standards.dns.message import Answer, Question, RecordType, Status, run_async
from probe.standards.dnsbl.query import Subject, look_up_many

RECORDS = """
a.example.          A     192.0.2.1
deep.below.example. TXT   "v=spf1 -all"
alias.example.      CNAME next.example.
next.example.       CNAME a.example.
astray.example.     CNAME gone.example.
secure.example.     A     192.0.2.2
out.secure.example. CNAME a.example.
"""


@asynccontextmanager
async def server(records: str = RECORDS) -> AsyncIterator[Endpoint]:
    zone = Zone(records, secure=("secure.example",), failing=("broken.example",))
    async with serve_dns(zone) as endpoint:
        yield endpoint


async def answer(name: str, rtype: RecordType = RecordType.A, records: str = RECORDS) -> Answer:
    async with server(records) as endpoint, Resolver((endpoint,)) as resolver:
        (result,) = await resolver.ask((Question(name, rtype),))
    return result


async def test_a_record_is_answered_whatever_the_case_of_its_name() -> None:
    assert (await answer("A.example")).addresses() == (ip_address("192.0.2.1"),)


async def test_a_name_without_this_type_is_no_data() -> None:
    assert (await answer("a.example", RecordType.MX)).status is Status.NODATA


async def test_a_name_above_others_exists_although_it_holds_nothing() -> None:
    assert (await answer("below.example")).status is Status.NODATA


async def test_an_unknown_name_does_not_exist() -> None:
    assert (await answer("nobody.example")).status is Status.NXDOMAIN


async def test_a_broken_name_is_a_failure_and_no_denial() -> None:
    assert (await answer("broken.example")).status is Status.SERVFAIL


async def test_aliases_are_followed_to_their_end() -> None:
    result = await answer("alias.example")
    assert result.addresses() == (ip_address("192.0.2.1"),)
    assert result.aliases == ("next.example", "a.example")


async def test_an_alias_of_a_name_that_does_not_exist_is_nxdomain() -> None:
    assert (await answer("astray.example")).status is Status.NXDOMAIN


async def test_only_answers_that_are_signed_throughout_are_authenticated() -> None:
    assert (await answer("secure.example")).authenticated is True
    assert (await answer("missing.secure.example")).authenticated is True
    assert (await answer("a.example")).authenticated is False
    assert (await answer("out.secure.example")).authenticated is False


async def test_authentication_is_told_only_to_who_asks_for_it() -> None:
    async with server() as endpoint:
        query = dns.message.make_query("secure.example", "A", flags=dns.flags.RD)
        reply = await dns.asyncquery.udp(query, endpoint.host, port=endpoint.port, timeout=5)
    assert not reply.flags & dns.flags.AD


async def test_an_answer_too_long_for_udp_comes_over_tcp() -> None:
    long = "\n".join(f'long.example. TXT "{number:03} {"x" * 200}"' for number in range(20))
    result = await answer("long.example", RecordType.TXT, long)
    assert len(result.txts()) == 20


async def test_one_tcp_connection_takes_several_queries() -> None:
    async with server() as endpoint:
        reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
        for name in ("a.example", "nobody.example"):
            wire = dns.message.make_query(name, "A").to_wire()
            writer.write(len(wire).to_bytes(2, "big") + wire)
            length = int.from_bytes(await reader.readexactly(2), "big")
            reply = dns.message.from_wire(await reader.readexactly(length))
            assert reply.rcode() == (dns.rcode.NOERROR if name == "a.example" else dns.rcode.NXDOMAIN)
        writer.close()


async def test_noise_is_not_answered_and_does_no_harm() -> None:
    async with server() as endpoint:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noisy:
            noisy.sendto(b"", (endpoint.host, endpoint.port))
            noisy.sendto(b"\xff" * 40, (endpoint.host, endpoint.port))
        query = dns.message.make_query("a.example", "A")
        reply = await dns.asyncquery.udp(query, endpoint.host, port=endpoint.port, timeout=5)
    assert reply.rcode() == dns.rcode.NOERROR


async def test_every_built_in_blocklist_is_a_working_one_in_the_lab() -> None:
    listed = [
        ListedSubject("zen.spamhaus.org", "192.0.2.99", "127.0.0.4", 'say "hello"\\'),
        ListedSubject("dbl.spamhaus.org", "spam.example", "127.0.1.2", "listed"),
    ]
    subjects = (
        Subject(ip_address("192.0.2.99"), ListingRole.SOURCE),
        Subject(ip_address("127.0.0.1"), ListingRole.SOURCE),
        Subject("spam.example", ListingRole.SENDER_DOMAIN),
    )
    async with (
        server(blocklist_records(built_in_lists(), listed)) as endpoint,
        Resolver((endpoint,)) as resolver,
    ):
        result = await run_async(look_up_many(subjects, built_in_lists()), resolver.ask)
    believed = {ListingStatus.LISTED, ListingStatus.NOT_LISTED}
    assert [it for it in result if it.status not in believed] == []
    hits = {(it.zone, it.subject): it.text for it in result if it.status is ListingStatus.LISTED}
    assert hits == {
        ("zen.spamhaus.org", "192.0.2.99"): 'say "hello"\\',
        ("dbl.spamhaus.org", "spam.example"): "listed",
    }
