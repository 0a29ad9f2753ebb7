"""What seven resolvers were seen to answer, as octets: which denials are the zone's and which their own."""

from __future__ import annotations

import struct
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.model.answer_fault import OwnWord
from probe.net.dns_query import Query, make_query
from probe.net.dns_wire import Reply, read_reply
from probe.standards.dns.message import Answer, Question, RecordType, Status, run
from probe.standards.dns.mx import resolve_mx
from probe.standards.dns.provenance import ExtendedError, Provenance, Soa
from probe.standards.dns.results import MxResult, RouteKind
from probe.wording.spoken import spoken

SERVER = "192.0.2.53"
EXAMPLE = "example. 60 IN SOA ns.root. hostmaster.example. 1 3600 900 86400 60"


@dataclass(frozen=True)
class Seen:
    """One reply as it was seen. `why` is "" where it must be believed."""

    by: str
    question: str
    rcode: str
    flags: str = ""
    answer: Sequence[str] = ()
    authority: str = ""
    additional: str = ""
    extended: Sequence[Any] = ()
    why: str = ""


def _fixtures() -> tuple[Seen, ...]:
    file = Path(__file__).resolve().parents[4] / "fixtures" / "resolvers" / "replies.toml"
    rows = tomllib.loads(file.read_text(encoding="utf-8"))["reply"]
    return tuple(Seen(**row) for row in rows)


SEEN = _fixtures()


def question_of(text: str) -> Question:
    rtype, name = text.split()
    return Question(name, RecordType(rtype))


def wire_of(sample: Seen) -> tuple[Query, bytes]:
    query = make_query(question_of(sample.question), 4711, edns=True)
    response = dns.message.make_response(
        dns.message.from_wire(query.wire), recursion_available="-RA" not in sample.flags
    )
    response.set_rcode(dns.rcode.from_text(sample.rcode))
    for flag in sample.flags.replace("-RA", "").split():
        response.flags |= dns.flags.from_text(flag)
    for section, texts in (
        (response.answer, sample.answer),
        (response.authority, (sample.authority,)),
        (response.additional, (sample.additional,)),
    ):
        for name, ttl, rclass, rtype, data in (text.split(maxsplit=4) for text in texts if text):
            section.append(dns.rrset.from_text(name, int(ttl), rclass, rtype, data))
    if sample.extended:
        response.use_edns(0, options=[dns.edns.EDEOption(*sample.extended)])
    return query, response.to_wire()


def read(sample: Seen) -> Reply:
    query, wire = wire_of(sample)
    reply = read_reply(query, wire)
    assert reply is not None
    return reply


def answer_of(sample: Seen) -> Answer:
    reply = read(sample)
    assert reply.provenance is not None
    return Answer(
        question_of(sample.question),
        reply.status,
        reply.records,
        reply.aliases,
        reply.ttl,
        reply.authenticated,
        provenance=replace(reply.provenance, server=SERVER),
    )


@pytest.mark.parametrize("sample", SEEN, ids=lambda sample: f"{sample.by}: {sample.question}")
def test_a_denial_that_a_resolver_makes_itself_is_not_believed(sample: Seen) -> None:
    answer = answer_of(sample)
    believed = answer.believed()
    if not sample.why:
        assert answer.doubt is None
        assert believed is answer
        return
    assert sample.why in spoken(answer.doubt)
    assert SERVER in spoken(answer.doubt)
    assert believed.is_unknown
    assert not believed.is_negative
    assert (believed.records, believed.authenticated) == ((), False)
    assert believed.failure == answer.doubt


@pytest.mark.parametrize(
    "sample", [sample for sample in SEEN if "MX" in sample.question], ids=lambda sample: sample.by
)
def test_no_route_is_denied_by_what_is_not_believed(sample: Seen) -> None:
    domain = sample.question.removeprefix("MX ")
    kinds = {resolved(sample, domain).kind}
    expected = {RouteKind.UNKNOWN} if sample.why else {RouteKind.NO_DOMAIN}
    assert kinds == expected


def resolved(sample: Seen, domain: str) -> MxResult:
    """The route, where every question gets this reply."""

    def lookup(question: Question) -> Answer:
        return answer_of(replace(sample, question=f"{question.rtype} {question.name}"))

    return run(resolve_mx(domain), lookup)


def test_what_was_recorded_before_it_was_told_how_is_believed() -> None:
    answer = Answer(Question("nosuch.example", RecordType.MX), Status.NXDOMAIN)
    assert (answer.doubt, answer.is_negative, answer.believed()) == (None, True, answer)


def test_a_failure_names_the_server_and_its_words() -> None:
    result = Seen("unbound", "MX bogus.test", "SERVFAIL", extended=(6, "no keys have a DS"))
    words = f'SERVFAIL (name server {SERVER}, which says "no keys have a DS")'
    assert spoken(answer_of(result).failure) == words


def test_each_extended_error_is_read_with_its_words_and_bounded() -> None:
    query = make_query(Question("x.example", RecordType.A), 4711, edns=True)
    response = dns.message.make_response(dns.message.from_wire(query.wire))
    errors: list[dns.edns.Option] = [
        dns.edns.EDEOption(dns.edns.EDECode.make(code), "w" * 1000) for code in range(40)
    ]
    response.use_edns(0, options=errors)
    reply = read_reply(query, response.to_wire(max_size=65535))
    assert reply is not None
    assert reply.provenance is not None
    assert [error.code for error in reply.provenance.extended] == list(range(8))
    assert {len(error.text) for error in reply.provenance.extended} == {200}


def test_a_text_that_is_no_utf_8_or_ends_with_nul_is_read() -> None:
    query = make_query(Question("x.example", RecordType.A), 4711, edns=True)
    response = dns.message.make_response(dns.message.from_wire(query.wire))
    response.use_edns(
        0,
        options=[
            dns.edns.GenericOption(dns.edns.OptionType.EDE, b"\0\x0f\xff\x1b[31m"),
            dns.edns.GenericOption(dns.edns.OptionType.EDE, b"\0\x11words\0"),
        ],
    )
    reply = read_reply(query, response.to_wire())
    assert reply is not None
    assert reply.provenance is not None
    assert reply.provenance.extended == (ExtendedError(15, "\\xff\x1b[31m"), ExtendedError(17, "words"))


@given(st.binary(max_size=300))
def test_no_octets_of_options_end_the_reading(options: bytes) -> None:
    """Options that say they go on behind their record, half ones, and any codes."""
    question = Question("x.example", RecordType.A)
    query = make_query(question, 4711, edns=True)
    bare = dns.message.make_response(dns.message.from_wire(query.wire))
    bare.use_edns(False)
    wire = bytearray(bare.to_wire())
    wire[11] = 1  # one additional record
    wire += b"\0" + struct.pack("!HHIH", 41, 1232, 0, len(options)) + options
    reply = read_reply(query, bytes(wire))
    assert reply is not None
    assert reply.provenance is not None
    assert all(0 <= error.code <= 65535 for error in reply.provenance.extended)


def test_an_soa_record_that_cannot_be_read_counts_for_nothing() -> None:
    query, wire = wire_of(Seen("x", "A nosuch.example", "NXDOMAIN", authority=EXAMPLE))
    cut = bytearray(wire)
    length = cut.index(struct.pack("!I", 86400)) - 12
    assert length > 0
    shorter = bytes(cut).replace(struct.pack("!III", 3600, 900, 86400), struct.pack("!III", 0, 0, 0))
    reply = read_reply(query, shorter)
    assert reply is not None
    assert reply.provenance is not None
    assert reply.provenance.soa == Soa("example", "ns.root", "hostmaster.example", 60, 60)


LOCAL = Answer(
    Question("10.2.0.192.in-addr.arpa", RecordType.PTR),
    Status.ANSWER,
    ("host.example",),
    ttl=0,
    authenticated=True,
    provenance=Provenance("127.0.0.53", authoritative=True, recursive=True),
)


@pytest.mark.parametrize(
    ("changes", "texts", "is_local"),
    [
        ({}, {}, True),
        ({}, {"server": "::1", "recursive": False}, True),
        ({}, {"server": "[::1]:5353", "recursive": False}, True),
        ({}, {"server": "192.0.2.53"}, True),  # a router with a hosts file
        ({}, {"server": "192.0.2.53", "recursive": False}, False),  # the zone's own server, asked directly
        ({"ttl": 60}, {}, False),
        ({}, {"authoritative": False}, False),
    ],
)
def test_data_of_the_servers_own_machine_are_seen_by_nobody_else(
    changes: dict[str, int], texts: dict[str, object], is_local: bool
) -> None:
    assert LOCAL.provenance is not None
    answer = replace(LOCAL, **changes, provenance=replace(LOCAL.provenance, **texts))  # type: ignore[arg-type]
    assert answer.is_local is is_local
    assert answer.seen_outside().is_unknown is is_local
    assert answer.doubt is None  # it may be dialled all the same: --mx names hosts of one's own network


@pytest.mark.parametrize(
    ("name", "zone", "authenticated", "is_own"),
    [
        ("mail.example.com", "", False, True),
        ("no.such.name.de", "", False, True),
        ("com", "", False, True),
        ("mail.example.com", "com", False, False),
        ("mail.example.com", "", True, False),  # a root zone that its keys vouch for
        ("mail.example.con", "", False, False),  # no such top-level domain: the public root says so, too
        ("name.onion", "", False, False),  # of special use: no root zone has it (RFC 7686)
        ("1.2.0.192.in-addr.arpa", "", False, False),  # reverse names are served apart
    ],
)
def test_a_root_zone_that_denies_a_known_top_level_domain_is_not_the_public_one(
    name: str, zone: str, authenticated: bool, is_own: bool
) -> None:
    soa = Soa(zone, "ns.corp.internal", "admin.corp.internal", 300, 300)
    provenance = Provenance("192.0.2.53", recursive=True, soa=soa)
    answer = Answer(
        Question(name, RecordType.MX), Status.NXDOMAIN, authenticated=authenticated, provenance=provenance
    )
    doubt = answer.doubt
    assert (doubt is not None) is is_own
    if doubt is not None and doubt.own is not None:
        assert (doubt.own.tag, doubt.own.zone) == (OwnWord.OTHER_ROOT, name.rpartition(".")[2])
        assert "the public root has the top-level domain" in spoken(doubt)
    nodata = replace(answer, status=Status.NODATA)
    assert nodata.doubt is None
