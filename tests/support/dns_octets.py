"""Octets of DNS replies that no honest server sends, and denials of one that lies, for `dns_server`."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset

_REGISTRY = "a.gtld-servers.net. nstld.verisign-grs.com. 1 1800 900 604800 900"


def headed(query: dns.message.Message, answers: int) -> bytes:
    """Header and question of a reply that says how many answers follow."""
    wire = dns.message.make_query(query.question[0].name, query.question[0].rdtype, id=query.id).to_wire()
    return wire[:2] + b"\x81\x80\x00\x01" + struct.pack("!H", answers) + b"\x00\x00\x00\x00" + wire[12:]


def long_names(query: dns.message.Message) -> bytes:
    """A reply of almost 64 KiB: MX records whose exchanges unfold to 250 octets each."""
    long = b"".join(b"\x01" + bytes((97 + n % 26,)) for n in range(120))
    head = headed(query, 1)
    kind = struct.pack("!HHI", query.question[0].rdtype, 1, 300)
    first = b"\xc0\x0c" + kind + struct.pack("!H", 2 + len(long) + 1) + b"\x00\x0a" + long + b"\x00"
    at = struct.pack("!H", 0xC000 | (len(head) + 14))
    others = [
        b"\xc0\x0c" + kind + struct.pack("!H", 6) + struct.pack("!H", n) + b"\x01z" + at for n in range(3500)
    ]
    return headed(query, 1 + len(others)) + first + b"".join(others)


def thousands_of_errors(query: dns.message.Message) -> bytes:
    """SERVFAIL with an OPT record of almost 64 KiB, full of extended errors (RFC 8914)."""
    errors = struct.pack("!HHH", 15, 2, 6) * 10_000
    head = headed(query, 0)
    opt = b"\x00" + struct.pack("!HHIH", dns.rdatatype.OPT, 1232, 0, len(errors)) + errors
    return head[:3] + b"\x82" + head[4:10] + b"\x00\x01" + head[12:] + opt


def noise(wire: bytes) -> bytes:
    return wire[:2] + b"\x81\x80\xff\xff\xff\xff" + b"\xc0" * 40


def with_other_id(wire: bytes) -> bytes:
    return bytes((wire[0] ^ 0xFF, wire[1])) + wire[2:]


def truncated(query: dns.message.Message) -> bytes:
    response = dns.message.make_response(query, recursion_available=True)
    response.flags |= dns.flags.TC
    return response.to_wire()


def deny_by_top(response: dns.message.Message, *, is_whole_name: bool) -> None:
    """Deny the name (`is_whole_name`), or its records, with the SOA record of the top-level domain, as the
    name servers of its registry do."""
    if is_whole_name:
        response.set_rcode(dns.rcode.NXDOMAIN)
    name = response.question[0].name
    top = name.split(2)[1] if len(name) > 2 else dns.name.root
    response.authority.append(dns.rrset.from_text(top, 900, "IN", "SOA", _REGISTRY))


def swapped(text: str) -> Iterator[str]:
    for number, char in enumerate(text):
        yield char.upper() if number % 2 else char.lower()


def in_class_ch(rrset: dns.rrset.RRset) -> dns.rrset.RRset:
    other = dns.rrset.RRset(rrset.name, dns.rdataclass.CH, rrset.rdtype)
    for record in rrset:
        generic = dns.rdata.GenericRdata(dns.rdataclass.CH, rrset.rdtype, record.to_wire())
        dns.rdataset.Rdataset.add(other, generic, 300)
    return other
