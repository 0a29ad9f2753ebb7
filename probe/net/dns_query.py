"""A DNS query as octets (RFC 1035 section 4.1)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from probe._dataclass import dataclass
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
    """The question section. Raises BadNameError for a name that DNS cannot hold (`names.why_bad_name`)."""
    name = question.name
    octets = name.encode("ascii", "replace")
    # a fast path for usual names; for others `to_labels` says what is wrong
    if len(octets) <= names.NAME_LIMIT and not octets.translate(None, _USUAL):
        try:
            return _section(octets.split(b"."), question.rtype)
        except KeyError:
            pass
    return _section(names.to_labels(name), question.rtype)


def _section(labels: Sequence[bytes], rtype: RecordType) -> bytes:
    """Raises KeyError for an empty label, or one that is too long."""
    section = b""
    for label in labels:
        section += _LENGTHS[len(label)] + label
    return section + _KINDS[rtype]


def make_query(question: Question, ident: int, *, edns: bool) -> Query:
    """A recursive query that asks for the AD bit (RFC 6840 section 5.7)."""
    wire = ident.to_bytes(2, "big") + behind_id(question_octets(question), edns=edns)
    return Query(ident, question, wire)


def behind_id(section: bytes, *, edns: bool) -> bytes:
    """The octets of such a query after its id, for a question section."""
    return b"".join((_EDNS_HEADER, section, _OPT)) if edns else _HEADER + section


_USUAL = b"abcdefghijklmnopqrstuvwxyz0123456789-_."
_LENGTHS = {length: bytes((length,)) for length in range(1, names.LABEL_LIMIT + 1)}
_KINDS = {rtype: struct.pack("!BHH", 0, number, IN) for rtype, number in TYPE_NUMBERS.items()}
_HEADER, _EDNS_HEADER = (struct.pack("!HHHHH", _RD | AD, 1, 0, 0, edns) for edns in (False, True))
"""What is between the id and the question section, of a query without and with EDNS."""
