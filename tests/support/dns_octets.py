"""Octets of DNS replies that no honest server sends, for `dns_server`."""

from __future__ import annotations

import struct

import dns.flags
import dns.message
import dns.rdatatype


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
