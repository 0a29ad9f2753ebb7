"""A DNS query as octets (RFC 1035 section 4.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from probe.standards.dns import names
from probe.standards.dns.message import Question, RecordType
from probe.standards.dns.wire import AD, IN

EDNS_PAYLOAD = 1232  # octets; the size that the DNS flag day 2020 settled on to avoid fragments

TYPE_NUMBERS = {
    RecordType.A: 1,
    RecordType.NS: 2,
    RecordType.CNAME: 5,
    RecordType.SOA: 6,
    RecordType.PTR: 12,
    RecordType.MX: 15,
    RecordType.TXT: 16,
    RecordType.AAAA: 28,
    RecordType.TLSA: 52,
}
_RD = 0x0100
# RFC 6891 section 6.1.2: the root, type 41, the payload size as class, version 0, no flags and no options
_OPT = struct.pack("!BHHIH", 0, 41, EDNS_PAYLOAD, 0, 0)


@dataclass(frozen=True, slots=True)
class Query:
    """A question under an id."""

    id: int
    question: Question
    wire: bytes


def question_octets(question: Question) -> bytes:
    """The question section. The name must be one that DNS can hold (`names.why_bad_name`)."""
    labels = b"".join(bytes((len(label),)) + label for label in names.to_labels(question.name))
    return labels + struct.pack("!BHH", 0, TYPE_NUMBERS[question.rtype], IN)


def make_query(question: Question, ident: int, *, edns: bool) -> Query:
    """A recursive query that asks for the AD bit (RFC 6840 section 5.7)."""
    header = struct.pack("!HHHHHH", ident, _RD | AD, 1, 0, 0, edns)
    return Query(ident, question, header + question_octets(question) + (_OPT if edns else b""))
