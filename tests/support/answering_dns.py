"""A name server for a test in a network of its own: `python -m ... ADDRESS PORT [--tcp-only]`.

ADDRESS may be link-local with its interface. It knows example.net (MX, A) and denies all else; each question
is printed as `udp NAME TYPE` or `tcp NAME TYPE`.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

RECORDS = {
    ("example.net.", "MX"): "10 mx.example.net.",
    ("mx.example.net.", "A"): "127.0.0.1",
}
_SOA = ". 60 IN SOA . . 1 60 60 60 60"


def answer(wire: bytes, way: str) -> bytes:
    """The reply to a query."""
    query = dns.message.from_wire(wire)
    question = query.question[0]
    name, rtype = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
    print(way, name, rtype, flush=True)
    reply = dns.message.make_response(query, recursion_available=True)
    text = RECORDS.get((name, rtype))
    if text is not None:
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", rtype, text))
    else:
        result = any(owner == name for owner, _ in RECORDS)
        reply.set_rcode(dns.rcode.NOERROR if result else dns.rcode.NXDOMAIN)
        reply.authority.append(dns.rrset.from_text(".", 60, "IN", "SOA", _SOA.partition("SOA ")[2]))
    return reply.to_wire()


def _over_tcp(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as stream:
            (length,) = struct.unpack("!H", stream.read(2))
            reply = answer(stream.read(length), "tcp")
            connection.sendall(struct.pack("!H", len(reply)) + reply)


def main(address: str, port: int, *, tcp_only: bool) -> None:
    """Serve until the process ends."""
    family, _, _, _, place = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM)[0]
    listener = socket.create_server(place, family=family)
    tcp = threading.Thread(target=_over_tcp, args=(listener,), daemon=not tcp_only)
    if tcp_only:
        print("ready", flush=True)
        tcp.start()
        return
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        udp.bind(place)
        tcp.start()
        print("ready", flush=True)
        while True:
            data, sender = udp.recvfrom(65535)
            udp.sendto(answer(data, "udp"), sender)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), tcp_only="--tcp-only" in sys.argv)
