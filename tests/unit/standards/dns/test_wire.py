"""The reader of DNS messages: what it reads, what it refuses, and that no message is expensive."""

from __future__ import annotations

import struct
from ipaddress import ip_address

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.knowledge.finding_tags import shared_words
from probe.net.dns_query import EDNS_PAYLOAD, Query, make_query, question_octets
from probe.net.dns_wire import is_reply_to, read_reply
from probe.standards.dns import names
from probe.standards.dns.message import Mx, Question, RecordType, Status, Tlsa, Txt
from probe.standards.dns.wire import Unfolding, WireError, read_message

MX = Question("example.net", RecordType.MX)


def response(question: Question, *records: str, rcode: str = "NOERROR") -> tuple[Query, bytes]:
    query = make_query(question, 4711, edns=True)
    reply = dns.message.make_response(dns.message.from_wire(query.wire), recursion_available=True)
    reply.set_rcode(dns.rcode.from_text(rcode))
    for text in records:
        owner, rtype, data = text.split(" ", 2)
        reply.answer.append(dns.rrset.from_text(owner, 300, "IN", rtype, data))
    return query, reply.to_wire(max_size=65535)


@pytest.mark.parametrize(
    ("rtype", "text", "record"),
    [
        (RecordType.A, "192.0.2.1", ip_address("192.0.2.1")),
        (RecordType.AAAA, "2001:db8::1", ip_address("2001:db8::1")),
        (RecordType.MX, "10 MX.Example.NET.", Mx(10, "mx.example.net")),
        (RecordType.MX, "0 .", Mx(0, "")),
        (RecordType.TXT, '"one" "two"', Txt((b"one", b"two"))),
        (RecordType.TXT, '""', Txt((b"",))),
        (RecordType.PTR, "a\\.b.example.", "a\\.b.example"),
        (RecordType.NS, "ns.example.net.", "ns.example.net"),
        (RecordType.SOA, "ns.example.net. h.example.net. 1 2 3 4 5", "ns.example.net"),
        (RecordType.CNAME, "x.example.net.", "x.example.net"),
        (RecordType.TLSA, "3 1 0 00ff", Tlsa(3, 1, 0, b"\x00\xff")),
    ],
)
def test_each_type_is_read_as_dnspython_wrote_it(rtype: RecordType, text: str, record: object) -> None:
    question = Question("example.net", rtype)
    query, wire = response(question, f"example.net. {rtype} {text}")
    reply = read_reply(query, wire)
    assert reply is not None
    assert (reply.status, reply.records, reply.ttl) == (Status.ANSWER, (record,), 300)


@given(st.lists(st.sampled_from(["a", "b.a", "c.b.a", "x" * 63, "MiXed.a"]), min_size=1, max_size=30))
def test_compressed_names_unfold_as_dnspython_folds_them(hosts: list[str]) -> None:
    records = [f"example.net. MX {n} {host}.example.net." for n, host in enumerate(hosts)]
    query, wire = response(MX, *records)
    reply = read_reply(query, wire)
    assert reply is not None
    wanted = [Mx(n, f"{host.lower()}.example.net") for n, host in enumerate(hosts)]
    assert list(reply.records) == wanted


@given(st.binary(max_size=200))
def test_noise_under_our_id_is_no_answer_and_no_error(noise: bytes) -> None:
    query = make_query(MX, 4711, edns=True)
    wire = query.wire[:2] + noise
    assert is_reply_to(query, wire)
    reply = read_reply(query, wire)
    assert reply is None or reply.status in (
        Status.MALFORMED,
        Status.SERVFAIL,
        Status.REFUSED,
    )


def test_every_cut_of_a_message_is_malformed() -> None:
    query, wire = response(MX, "example.net. MX 10 mx.example.net.")
    end_of_answer = wire.index(b"mx") + 2 + 2  # the label and the pointer behind it
    for cut in range(2, end_of_answer):
        reply = read_reply(query, wire[:cut])
        assert reply is not None, cut
        assert reply.status is Status.MALFORMED, cut


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        (b"\xc0\x0c", "backwards"),  # the first name points at itself
        (b"\xc0\x0e\xc0\x0c", "backwards"),
        (b"\x40abc\x00", "unknown kind"),
        (b"\x3fabc", "ends within"),
        (b"\x3f" + b"a" * 63 + (b"\x3f" + b"a" * 63) * 4 + b"\x00", "longer than 255"),
    ],
)
def test_a_name_that_cannot_be_is_said_to_be_none(tail: bytes, words: str) -> None:
    wire = struct.pack("!HHHHHH", 1, 0x8180, 1, 0, 0, 0) + tail + b"\x00\x0f\x00\x01"
    with pytest.raises(WireError) as error:
        read_message(wire, Unfolding(wire))
    assert words in shared_words()["wire_fault"][error.value.fault]


def test_pointers_to_pointers_cost_each_octet_once() -> None:
    """Eight thousand pointers in a row, and thousands of records that begin at their end."""
    head = struct.pack("!HHHHHH", 1, 0x8180, 1, 4000, 0, 0) + b"\x00\x00\x0f\x00\x01"
    chain = b"".join(
        struct.pack("!H", 0xC000 | (12 if n == 0 else len(head) + 11 + 2 * (n - 1))) for n in range(8000)
    )
    first = b"\x00" + struct.pack("!HHIH", 16, 1, 0, len(chain)) + chain
    last = struct.pack("!H", 0xC000 | (len(head) + 11 + 2 * 7999))
    others = (last + struct.pack("!HHIH", 1, 1, 0, 0)) * 3999
    wire = head + first + others
    counted = _Counting(wire)
    assert len(read_message(wire, counted).answer) == 4000
    assert counted.looked_at < 4 * len(wire)


class _Counting(Unfolding):
    looked_at = 0

    def _octet(self, at: int) -> int:
        self.looked_at += 1
        return super()._octet(at)


def test_an_answer_for_another_name_is_not_a_record_that_is_missing() -> None:
    query, wire = response(MX, "other.example. MX 10 mx.example.net.")
    reply = read_reply(query, wire)
    assert reply is not None
    assert reply.status is Status.MALFORMED


def test_a_name_that_is_denied_and_answered_for_is_neither() -> None:
    query, wire = response(MX, "example.net. MX 10 mx.example.net.", rcode="NXDOMAIN")
    reply = read_reply(query, wire)
    assert reply is not None
    assert reply.status is Status.MALFORMED


def test_a_query_that_comes_back_is_no_reply() -> None:
    query = make_query(MX, 4711, edns=True)
    assert read_reply(query, query.wire) is None


def test_the_question_may_come_back_in_other_letters() -> None:
    query, wire = response(MX, "example.net. MX 10 mx.example.net.")
    reply = read_reply(query, wire.replace(b"\x07example\x03net", b"\x07eXaMpLe\x03NeT"))
    assert reply is not None
    assert reply.records == (Mx(10, "mx.example.net"),)


@given(
    st.lists(st.binary(min_size=1, max_size=20), max_size=6),
    st.sampled_from(list(RecordType)),
    st.integers(0, 65535),
    st.booleans(),
)
def test_a_query_is_what_dnspython_would_have_written(
    labels: list[bytes], rtype: RecordType, ident: int, edns: bool
) -> None:
    question = Question(names.from_labels(labels), rtype)
    name = dns.name.Name((*(label.lower() for label in labels), b""))
    wanted = dns.message.make_query(
        name, rtype.value, use_edns=0 if edns else False, payload=EDNS_PAYLOAD if edns else None, id=ident
    )
    wanted.flags |= dns.flags.AD
    query = make_query(question, ident, edns=edns)
    assert query.wire == wanted.to_wire()
    assert query.wire[12:].startswith(question_octets(question))
