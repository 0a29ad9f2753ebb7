"""A small authoritative DNS server on loopback, UDP and TCP on one port, that can misbehave by name."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from probe.model.target import Endpoint


class Fault(StrEnum):
    """What the server does, instead of answering, for "TYPE name", a name, or "*", every name."""

    SERVFAIL = "servfail"
    REFUSED = "refused"
    SILENCE = "silence"  # never answers
    SILENT_ONCE = "silent_once"  # drops the first query for the name
    TRUNCATED = "truncated"  # TC over UDP; TCP answers
    TRUNCATED_TCP_CLOSED = "truncated_tcp_closed"  # TC over UDP; TCP closes in the middle
    WRONG_ID = "wrong_id"  # only datagrams with another id
    WRONG_ID_FIRST = "wrong_id_first"  # a forged datagram, then the true one
    WRONG_QUESTION = "wrong_question"
    GARBAGE = "garbage"  # the right id, then noise
    FORGED_GARBAGE_FIRST = "forged_garbage_first"  # noise under another id, then the true reply
    NO_EDNS = "no_edns"  # FORMERR to a query with EDNS
    REFERRAL = "referral"  # NS in the authority section, no recursion
    BARE_CHAIN = "bare_chain"  # the CNAME alone, without its target's records or an SOA
    BOGUS = "bogus"  # SERVFAIL with the extended error of a failed DNSSEC validation


@dataclass(frozen=True, slots=True)
class Seen:
    """One query as it arrived."""

    name: str
    rtype: str
    edns: bool
    recursion_desired: bool
    authentic_data: bool
    tcp: bool


class DnsServer:
    """Serves `zone`: "TYPE name" to record texts. Names without entries are NXDOMAIN.

    Used as an async context manager; `endpoint` is where it listens, `seen` what it was asked.
    """

    def __init__(
        self,
        zone: Mapping[str, Sequence[str]],
        faults: Mapping[str, Fault] | None = None,
        *,
        authenticated: bool = False,
        delay: float = 0.0,
    ) -> None:
        self._zone = {self._key(*key.split(" ", 1)): list(texts) for key, texts in zone.items()}
        self._faults = dict(faults or {})
        self._authenticated = authenticated
        self._delay = delay
        self._dropped: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.seen: list[Seen] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.endpoint = Endpoint("127.0.0.1", 0)

    @staticmethod
    def _key(rtype: str, name: str) -> tuple[dns.name.Name, str]:
        return dns.name.from_text(name), rtype

    async def __aenter__(self) -> DnsServer:
        loop = asyncio.get_running_loop()
        self._tcp = await asyncio.start_server(self._on_tcp, "127.0.0.1", 0)
        port = self._tcp.sockets[0].getsockname()[1]
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(self), local_addr=("127.0.0.1", port))
        self.endpoint = Endpoint("127.0.0.1", port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._udp.close()
        self._tcp.close()
        await self._tcp.wait_closed()

    def asked(self, name: str) -> list[Seen]:
        """The queries for one name."""
        return [seen for seen in self.seen if seen.name == name]

    def start(self, wire: bytes, peer: Any) -> None:
        """Answer a datagram."""
        task = asyncio.get_running_loop().create_task(self._on_udp(wire, peer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _on_udp(self, wire: bytes, peer: Any) -> None:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self._delay)
            for reply in self._replies(wire, tcp=False):
                self._udp.sendto(reply, peer)
        finally:
            self.in_flight -= 1

    async def _on_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            wire = await reader.readexactly(length)
            fault = self._fault(dns.message.from_wire(wire))
            for reply in self._replies(wire, tcp=True):
                whole = struct.pack("!H", len(reply)) + reply
                writer.write(whole[:8] if fault is Fault.TRUNCATED_TCP_CLOSED else whole)
            await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    def _fault(self, query: dns.message.Message) -> Fault | None:
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        both = f"{dns.rdatatype.to_text(query.question[0].rdtype)} {name}"
        return self._faults.get(both, self._faults.get(name, self._faults.get("*")))

    def _replies(self, wire: bytes, *, tcp: bool) -> list[bytes]:
        query = dns.message.from_wire(wire)
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        self.seen.append(
            Seen(
                name,
                dns.rdatatype.to_text(query.question[0].rdtype),
                query.edns >= 0,
                bool(query.flags & dns.flags.RD),
                bool(query.flags & dns.flags.AD),
                tcp,
            )
        )
        fault = self._fault(query)
        if fault is Fault.SILENCE:
            return []
        if fault is Fault.SILENT_ONCE and name not in self._dropped:
            self._dropped.add(name)
            return []
        return self._wires(query, fault, tcp=tcp)

    def _wires(self, query: dns.message.Message, fault: Fault | None, *, tcp: bool) -> list[bytes]:
        response = self._respond(query, fault)
        truth = response.to_wire(max_size=65535)
        match fault:
            case Fault.WRONG_ID:
                return [_with_other_id(truth)]
            case Fault.WRONG_ID_FIRST:
                return [_with_other_id(self._forged(query)), truth]
            case Fault.WRONG_QUESTION:
                return [self._about_another_name(query)]
            case Fault.GARBAGE:
                return [_noise(truth)]
            case Fault.FORGED_GARBAGE_FIRST:
                return [b"x", _with_other_id(_noise(truth)), truth]
            case Fault.TRUNCATED | Fault.TRUNCATED_TCP_CLOSED if not tcp:
                return [_truncated(query)]
        if not tcp and len(truth) > (query.payload if query.edns >= 0 else 512):
            return [_truncated(query)]
        return [truth]

    def _respond(self, query: dns.message.Message, fault: Fault | None) -> dns.message.Message:
        response = dns.message.make_response(query, recursion_available=True)
        if self._authenticated:
            response.flags |= dns.flags.AD
        match fault:
            case Fault.SERVFAIL:
                response.set_rcode(dns.rcode.SERVFAIL)
            case Fault.REFUSED:
                response.set_rcode(dns.rcode.REFUSED)
            case Fault.NO_EDNS if query.edns >= 0:
                response = dns.message.make_response(query)
                response.use_edns(False)
                response.set_rcode(dns.rcode.FORMERR)
            case Fault.BOGUS:
                response.set_rcode(dns.rcode.SERVFAIL)
                response.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode.DNSSEC_BOGUS)])
            case Fault.REFERRAL:
                response.flags &= ~dns.flags.RA
                response.authority.append(dns.rrset.from_text("example.", 300, "IN", "NS", "ns.example."))
            case _:
                self._answer(query, response, bare=fault is Fault.BARE_CHAIN)
        return response

    def _answer(self, query: dns.message.Message, response: dns.message.Message, *, bare: bool) -> None:
        name, rtype = query.question[0].name, dns.rdatatype.to_text(query.question[0].rdtype)
        for _ in range(30):
            alias = self._zone.get((name, "CNAME")) if rtype != "CNAME" else None
            if not alias:
                break
            response.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", alias[0]))
            name = dns.name.from_text(alias[0])
            if bare:
                return
        texts = self._zone.get((name, rtype))
        if texts:
            response.answer.append(dns.rrset.from_text(name, 300, "IN", rtype, *texts))
            return
        response.authority.append(
            dns.rrset.from_text("example.", 300, "IN", "SOA", "ns.example. hostmaster.example. 1 1 1 1 1")
        )
        if not any(owner == name for owner, _ in self._zone):
            response.set_rcode(dns.rcode.NXDOMAIN)

    def _forged(self, query: dns.message.Message) -> bytes:
        response = dns.message.make_response(query, recursion_available=True)
        question = query.question[0]
        response.answer.append(dns.rrset.from_text(question.name, 300, "IN", "A", "198.51.100.66"))
        return response.to_wire()

    def _about_another_name(self, query: dns.message.Message) -> bytes:
        other = dns.message.make_query("other.example", query.question[0].rdtype, id=query.id)
        return dns.message.make_response(other, recursion_available=True).to_wire()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self._server = server

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._server.start(data, addr)


def _noise(wire: bytes) -> bytes:
    return wire[:2] + b"\x81\x80\xff\xff\xff\xff" + b"\xc0" * 40


def _with_other_id(wire: bytes) -> bytes:
    return bytes((wire[0] ^ 0xFF, wire[1])) + wire[2:]


def _truncated(query: dns.message.Message) -> bytes:
    response = dns.message.make_response(query, recursion_available=True)
    response.flags |= dns.flags.TC
    return response.to_wire()
