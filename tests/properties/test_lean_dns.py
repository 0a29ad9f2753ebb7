"""The lean reader of DNS replies says what the careful one says, or nothing."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from probe.net.dns_query import behind_id, question_octets
from probe.net.dns_response import of_answer, read_carefully
from probe.net.resolver import FINAL
from probe.net.witness import is_own_word
from probe.standards.dns import lean, names
from probe.standards.dns.message import Question, RecordType, Status

NAMES = (
    "shop.example",
    "mx.shop.example",
    "example",
    "a.b.c.shop.example",
    "x.invalid",
    "mail.test",
    "local",
    "",
)
TEXTS = {
    "A": ("192.0.2.1", "192.0.2.2", "0.0.0.0"),
    "AAAA": ("2001:db8::1", "::", "64:ff9b::c000:201"),
    "MX": ("10 mx1.example.", "20 MX2.shop.example.", "0 .", r"5 odd\.dot.example."),
    "TXT": ('"v=spf1 -all"', '"a" "b"', '""'),
    "TLSA": ("3 1 1 " + "ab" * 32, "3 1 0 00"),
    "PTR": ("mail.shop.example.",),
    "NS": ("ns.example.", "ns2.example."),
    "SOA": ("ns.example. host.example. 1 2 3 4 300", "localhost. nobody.invalid. 1 2 3 4 5"),
    "CNAME": ("target.example.", "shop.example."),
    "RRSIG": ("A 8 2 300 20300101000000 20200101000000 1 example. AAAA",),
}


@st.composite
def _sections(draw: st.DrawFn, owner: str, kinds: tuple[str, ...]) -> list[dns.rrset.RRset]:
    sets = []
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from(kinds))
        name = draw(st.sampled_from((owner, owner, owner, "example", "other.example"))) + "."
        texts = draw(st.lists(st.sampled_from(TEXTS[kind]), min_size=1, max_size=3, unique=True))
        sets.append(dns.rrset.from_text(name, draw(st.sampled_from((0, 60, 3600))), "IN", kind, *texts))
    return sets


def _odd(draw: st.DrawFn, reply: dns.message.Message, question: Question) -> None:
    """What servers answer seldom, or never should."""
    kind = question.rtype.value
    reply.flags |= draw(st.sampled_from((0, 0, dns.flags.AD, dns.flags.AA, dns.flags.TC)))
    reply.set_rcode(dns.rcode.Rcode(draw(st.sampled_from((0, 0, 0, 3, 3, 2, 5)))))
    reply.answer = draw(_sections(question.name, (kind, kind, kind, "CNAME", "RRSIG")))
    reply.authority = draw(_sections("example", ("SOA", "SOA", "NS")))
    reply.additional = draw(_sections("mx1.example", ("A", "AAAA", "SOA")))


@st.composite
def _replies(draw: st.DrawFn) -> tuple[Question, bytes]:
    """A question and a reply to it: mostly as servers answer, now and then with an octet of it changed."""
    rtype = draw(st.sampled_from(tuple(RecordType)))
    question = Question(draw(st.sampled_from(NAMES)), rtype)
    query = dns.message.make_query(f"{question.name}.", rtype.value, use_edns=draw(st.booleans()), id=7)
    reply = dns.message.make_response(query, recursion_available=draw(st.booleans()))
    if draw(st.booleans()):
        _odd(draw, reply, question)
    elif draw(st.booleans()):
        texts = draw(st.lists(st.sampled_from(TEXTS[rtype.value]), min_size=1, max_size=4))
        reply.answer = [dns.rrset.from_text(f"{question.name}.", 60, "IN", rtype.value, *texts)]
    else:
        reply.set_rcode(dns.rcode.Rcode(draw(st.sampled_from((0, 3)))))
        zone = draw(st.sampled_from(("example.", "shop.example.", ".")))
        reply.authority = [dns.rrset.from_text(zone, 60, "IN", "SOA", TEXTS["SOA"][0])]
    wire = bytearray(reply.to_wire())
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 2)))):
        wire[draw(st.integers(2, len(wire) - 1))] = draw(st.integers(0, 255))
    cut = draw(st.sampled_from((None, None, None, len(wire) - draw(st.integers(1, 20)))))
    return question, bytes(wire[:cut])


def _check(question: Question, wire: bytes) -> bool:
    """Whether the lean reader read it; what it read is held against the careful one."""
    reply = lean.read(wire, question_octets(question), question)
    if reply is None:
        return False
    careful = read_carefully(question, wire)
    assert careful is not None
    assert careful.status in FINAL
    assert careful.open_end is None
    assert not careful.aliases
    for is_stub in (False, True):
        assert not is_own_word(question, careful, is_stub=is_stub)
    response = of_answer(careful.of("192.0.2.53").answer_to(question))
    status, records, ttl, authenticated = reply
    assert status is response.status
    assert records == response.records
    assert authenticated is response.authenticated
    assert ttl == response.ttl
    return True


@given(_replies())
def test_what_the_lean_reader_reads_the_careful_one_reads_alike(case: tuple[Question, bytes]) -> None:
    _check(*case)


@given(st.binary(max_size=200), st.sampled_from(tuple(RecordType)))
@example(b"", RecordType.MX)
@example(b"\0\7\x81\x80\0\1\0\1\0\0\0\0", RecordType.A)
def test_any_octets_behind_the_question_are_read_alike_or_not(octets: bytes, rtype: RecordType) -> None:
    question = Question("shop.example", rtype)
    section = question_octets(question)
    for counts in (b"\0\1\0\1\0\0\0\0", b"\0\1\0\0\0\1\0\0", b"\0\1\0\2\0\0\0\1"):
        _check(question, b"\0\7\x81\x80" + counts + section + octets)
    _check(question, octets)


@pytest.mark.parametrize("target", range(12, 40))
def test_a_pointer_into_the_question_is_read_alike(target: int) -> None:
    """Also into the middle of a label, whose octets may pass for a length."""
    question = Question("a.7-1.shop.b1.example", RecordType.NS)
    section = question_octets(question)
    record = b"\xc0\x0c\0\2\0\1\0\0\0\x3c\0\6\3nsX\xc0" + bytes((target,))
    is_read = _check(question, b"\0\7\x81\x80\0\1\0\1\0\0\0\0" + section + record)
    if target in (12, 14, 18, 23, 26):  # the labels
        assert is_read


@pytest.mark.parametrize(
    ("rtype", "text"),
    [(kind, text) for kind in ("A", "AAAA", "MX", "TXT", "TLSA", "PTR", "NS") for text in TEXTS[kind][:1]],
)
def test_the_usual_answer_is_read(rtype: str, text: str) -> None:
    question = Question("shop.example", RecordType(rtype))
    query = dns.message.make_query("shop.example.", rtype, use_edns=True)
    reply = dns.message.make_response(query, recursion_available=True)
    reply.answer.append(dns.rrset.from_text("shop.example.", 60, "IN", rtype, text))
    assert _check(question, reply.to_wire())


@pytest.mark.parametrize(("rcode", "status"), [(0, Status.NODATA), (3, Status.NXDOMAIN)])
def test_a_denial_by_the_zone_is_read(rcode: int, status: Status) -> None:
    question = Question("gone.shop.example", RecordType.MX)
    reply = dns.message.make_response(
        dns.message.make_query("gone.shop.example.", "MX", use_edns=True), recursion_available=True
    )
    reply.set_rcode(dns.rcode.Rcode(rcode))
    reply.authority.append(dns.rrset.from_text("example.", 300, "IN", "SOA", TEXTS["SOA"][0]))
    wire = reply.to_wire()
    assert _check(question, wire)
    read = lean.read(wire, question_octets(question), question)
    assert read is not None
    assert read == (status, (), 300, False)


@pytest.mark.parametrize("edns", [True, False])
def test_a_query_asks_as_dnspython_does(edns: bool) -> None:
    question = Question("a.b.shop.example", RecordType.TLSA)
    query = dns.message.from_wire(b"\0\7" + behind_id(question_octets(question), edns=edns))
    assert query.question[0].name == dns.name.from_text("a.b.shop.example.")
    assert query.question[0].rdtype == dns.rdatatype.TLSA
    assert query.flags == dns.flags.RD | dns.flags.AD
    assert (query.edns, query.payload) == ((0, 1232) if edns else (-1, 0))


_LABELS = st.text("abcxyz019-_", max_size=66) | st.text(max_size=5)


@given(st.lists(_LABELS, max_size=6).map(".".join))
@example(".".join(["a" * 63] * 3 + ["a" * 61]))
@example(".".join(["a" * 63] * 3 + ["a" * 62]))
@example("a" * 64)
@example("a..b")
@example("a.example.")
@example("A.Example")
@example(r"a\.b.example")
@example("\ud800.example")
@example("")
def test_a_question_section_has_the_labels_of_its_name(name: str) -> None:
    try:
        labels = names.to_labels(name)
    except names.BadNameError:
        with pytest.raises(names.BadNameError):
            question_octets(Question(name, RecordType.MX))
    else:
        octets = b"".join(bytes((len(label),)) + label for label in labels)
        assert question_octets(Question(name, RecordType.MX)) == octets + b"\0\0\x0f\0\1"
