"""A small authoritative DNS server on loopback, UDP and TCP on one port, that can misbehave by name."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from probe.model.target import Endpoint
from tests.support.dns_octets import (
    deny_by_top,
    headed,
    in_class_ch,
    long_names,
    noise,
    swapped,
    thousands_of_errors,
    truncated,
    with_other_id,
)


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
    FORMERR = "formerr"  # with and without EDNS
    NOTIMP = "notimp"
    BADVERS = "badvers"
    EMPTY = "empty"  # NOERROR with nothing in it, not even an SOA
    UPWARD_REFERRAL = "upward_referral"  # to the root, as servers do that know nothing of the zone
    MIXED_CASE = "mixed_case"  # the truth, under names in mixed case
    ABSURD_TTL = "absurd_ttl"  # the truth, with TTLs of 2^31 - 1 and 0
    NO_TTL = "no_ttl"  # the truth, with a TTL of 0
    FLOOD = "flood"  # hundreds of datagrams under other ids, and never the truth
    FLOOD_FIRST = "flood_first"  # the same, and then the truth
    OTHER_SOURCE = "other_source"  # the truth, from another port
    A_QUERY = "a_query"  # the query itself comes back
    LOOPING_NAMES = "looping_names"  # compression pointers that lead to themselves
    FALSE_COUNTS = "false_counts"  # says that it holds 65535 answers
    OTHER_OWNER = "other_owner"  # the asked records, but of another name
    OTHER_CLASS = "other_class"  # the asked records, but of class CH
    DNAME = "dname"  # a DNAME of the parent, with the CNAME that follows from it
    LONG_NAMES = "long_names"  # thousands of records whose names unfold to 250 octets each
    DENIED_WITH_ANSWER = "denied_with_answer"  # NXDOMAIN, and the records all the same
    TRUNCATED_TCP_SILENT = "truncated_tcp_silent"  # TC over UDP; TCP takes the query and says nothing
    TRUNCATED_TCP_SLOW = "truncated_tcp_slow"  # TCP sends an octet at a time
    TRUNCATED_TCP_RESET = "truncated_tcp_reset"
    TRUNCATED_TCP_REFUSED = "truncated_tcp_refused"  # TCP closes at once
    TRUNCATED_TCP_TRUNCATED = "truncated_tcp_truncated"  # TC over TCP as well
    TRUNCATED_TCP_OTHER_ID = "truncated_tcp_other_id"
    TRUNCATED_IN_RECORD = "truncated_in_record"  # TC, and the datagram ends within a record; TCP answers
    TRUNCATED_BARE = "truncated_bare"  # TC in a header without a question; TCP answers
    EDNS_DROPPED = "edns_dropped"  # a query with EDNS is never answered
    EDNS_FAILS = "edns_fails"  # SERVFAIL without an OPT record to a query with EDNS
    LATE = "late"  # the truth, LATE_BY seconds after each query
    REPEATED = "repeated"  # the truth, each record twice
    CNAME_BESIDE = "cname_beside"  # the truth, and before it an alias of the same name that leads nowhere
    REFERRAL_WITH_RECURSION = "referral_with_recursion"  # NS in the authority section, though RA is set
    BLOCKED = "blocked"  # NXDOMAIN of its own making: without an SOA record, with the extended error 15
    DENIED_BY_TOP = "denied_by_top"  # NXDOMAIN with the SOA record of the top-level domain
    NODATA_BY_TOP = "nodata_by_top"  # NODATA with that
    STALE = "stale"  # the truth, with the extended error 3
    LOCAL = "local"  # what a stub makes up for its machine: the truth of the zone with AA and AD, TTL 0
    OWN_ZONE = "own_zone"  # the truth with authority, though it recurses
    LENT_AUTHORITY = "lent_authority"  # denials alone, and not of an address that is asked for again
    THOUSANDS_OF_ERRORS = "thousands_of_errors"  # SERVFAIL with 10 000 extended errors, over TCP


@dataclass(frozen=True, slots=True)
class Seen:
    """One query as it arrived."""

    name: str
    rtype: str
    edns: bool
    recursion_desired: bool
    authentic_data: bool
    tcp: bool


LATE_BY = 1.0


class DnsServer:
    """Serves `zone`: "TYPE name" to record texts. Names without entries are NXDOMAIN, or have the
    records of `wildcard`, by type.

    Used as an async context manager; `endpoint` is where it listens, `seen` what it was asked.
    """

    def __init__(
        self,
        zone: Mapping[str, Sequence[str]],
        faults: Mapping[str, Fault] | None = None,
        *,
        wildcard: Mapping[str, Sequence[str]] | None = None,
        authenticated: bool = False,
        delay: float = 0.0,
    ) -> None:
        self._zone = {self._key(*key.split(" ", 1)): list(texts) for key, texts in zone.items()}
        self._faults = dict(faults or {})
        self._wildcard = dict(wildcard or {})
        self._authenticated = authenticated
        self._delay = delay
        self._dropped: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.queries: list[Seen] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.endpoint = Endpoint("127.0.0.1", 0)

    @staticmethod
    def _key(rtype: str, name: str) -> tuple[dns.name.Name, str]:
        return dns.name.from_text(name), rtype

    async def __aenter__(self) -> DnsServer:
        loop = asyncio.get_running_loop()
        for _ in range(20):
            self._tcp = await asyncio.start_server(self._on_tcp, "127.0.0.1", 0)
            port = self._tcp.sockets[0].getsockname()[1]
            try:
                self._udp, _ = await loop.create_datagram_endpoint(
                    lambda: _Udp(self), local_addr=("127.0.0.1", port)
                )
            except OSError:  # the port is free for TCP and taken for UDP: try another one
                self._tcp.close()
                continue
            self.endpoint = Endpoint("127.0.0.1", port)
            return self
        raise OSError("no port is free for both UDP and TCP")

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Nothing listens there any more."""
        self._udp.close()  # first, or it would hear one more query
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tcp.close()
        await self._tcp.wait_closed()

    def asked(self, name: str) -> list[Seen]:
        """The queries for one name."""
        return [query for query in self.queries if query.name == name]

    def forget_what_was_dropped(self) -> None:
        """What drops only the first query for a name begins anew."""
        self._dropped.clear()

    def mend(self) -> None:
        """From now on it answers as it should."""
        self._faults.clear()

    def start(self, wire: bytes, peer: Any) -> None:
        """Answer a datagram."""
        self._last_peer = peer
        task = asyncio.get_running_loop().create_task(self._on_udp(wire, peer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _on_udp(self, wire: bytes, peer: Any) -> None:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            late = self._fault(dns.message.from_wire(wire)) is Fault.LATE
            await asyncio.sleep(LATE_BY if late else self._delay)
            for number, reply in enumerate(self._replies(wire, tcp=False)):
                if number and not number % 50:
                    await asyncio.sleep(0)  # or the kernel drops what nobody has had time to read
                self._udp.sendto(reply, peer)
        finally:
            self.in_flight -= 1

    async def _on_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            wire = await reader.readexactly(length)
            fault = self._fault(dns.message.from_wire(wire))
            for reply in self._replies(wire, tcp=True):
                await self._over_tcp(struct.pack("!H", len(reply)) + reply, fault, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _over_tcp(
        self, whole: bytes, fault: Fault | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        match fault:
            case Fault.TRUNCATED_TCP_CLOSED:
                writer.write(whole[:8])
            case Fault.TRUNCATED_TCP_REFUSED:
                pass
            case Fault.TRUNCATED_TCP_SILENT:
                await reader.read()
            case Fault.TRUNCATED_TCP_RESET:
                connection: socket.socket = writer.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            case Fault.TRUNCATED_TCP_SLOW:
                for octet in whole:
                    writer.write(bytes((octet,)))
                    with suppress(TimeoutError):
                        await asyncio.wait_for(reader.read(1), 0.2)
                        return  # the client has gone
            case _:
                writer.write(whole)
                await writer.drain()

    def _fault(self, query: dns.message.Message) -> Fault | None:
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        both = f"{dns.rdatatype.to_text(query.question[0].rdtype)} {name}"
        return self._faults.get(both, self._faults.get(name, self._faults.get("*")))

    def _replies(self, wire: bytes, *, tcp: bool) -> list[bytes]:
        query = dns.message.from_wire(wire)
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        self.queries.append(
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
        if fault is Fault.SILENCE or (fault is Fault.EDNS_DROPPED and query.edns >= 0):
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
                return [with_other_id(truth)]
            case Fault.WRONG_ID_FIRST:
                return [with_other_id(self._forged(query)), truth]
            case Fault.WRONG_QUESTION:
                return [self._about_another_name(query)]
            case Fault.GARBAGE:
                return [noise(truth)]
            case Fault.FORGED_GARBAGE_FIRST:
                return [b"x", with_other_id(noise(truth)), truth]
            case Fault.FLOOD | Fault.FLOOD_FIRST:
                forged = [bytes((n % 256, n // 256)) + self._forged(query)[2:] for n in range(1, 600)]
                others = [wire for wire in forged if wire[:2] != truth[:2]]
                return others if fault is Fault.FLOOD else [*others, truth]
            case Fault.OTHER_SOURCE:
                self._from_elsewhere(truth)
                return []
            case Fault.A_QUERY:
                return [query.to_wire()]
            case Fault.LOOPING_NAMES:
                return [headed(query, 1) + b"\xc0\x0c" + truth[-4:] + b"\xc0\x2a" * 30]
            case Fault.FALSE_COUNTS:
                return [truth[:6] + b"\xff\xff" + truth[8:]]
            case Fault.TRUNCATED_IN_RECORD if not tcp:
                return [truth[:2] + b"\x83" + truth[3:-14]]
            case Fault.TRUNCATED_BARE if not tcp:
                return [truth[:2] + b"\x83\x80" + bytes(8)]
            case Fault.THOUSANDS_OF_ERRORS if tcp:
                return [thousands_of_errors(query)]
            case Fault.LONG_NAMES if tcp:
                return [long_names(query)]
            case Fault.TRUNCATED_TCP_TRUNCATED:
                return [truncated(query)]
            case Fault.TRUNCATED_TCP_OTHER_ID if tcp:
                return [with_other_id(truth)]
            case _ if fault in _TC_FIRST and not tcp:
                return [truncated(query)]
        if not tcp and len(truth) > (query.payload if query.edns >= 0 else 512):
            return [truncated(query)]
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
            case Fault.NO_EDNS | Fault.EDNS_FAILS if query.edns >= 0:
                response = dns.message.make_response(query)
                response.use_edns(False)
                response.set_rcode(dns.rcode.FORMERR if fault is Fault.NO_EDNS else dns.rcode.SERVFAIL)
            case Fault.BOGUS:
                response.set_rcode(dns.rcode.SERVFAIL)
                response.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode.DNSSEC_BOGUS)])
            case Fault.FORMERR | Fault.NOTIMP | Fault.BADVERS:
                response = dns.message.make_response(query)
                response.use_edns(0 if fault is Fault.BADVERS else False)
                response.set_rcode(dns.rcode.from_text(fault.name))
            case Fault.EMPTY:
                pass
            case Fault.BLOCKED:
                response.set_rcode(dns.rcode.NXDOMAIN)
                response.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode.BLOCKED, "a policy")])
            case Fault.DENIED_BY_TOP | Fault.NODATA_BY_TOP:
                deny_by_top(response, is_whole_name=fault is Fault.DENIED_BY_TOP)
            case Fault.UPWARD_REFERRAL:
                response.flags &= ~dns.flags.RA
                response.authority.append(dns.rrset.from_text(".", 300, "IN", "NS", "a.root-servers.net."))
            case Fault.REFERRAL | Fault.REFERRAL_WITH_RECURSION:
                if fault is Fault.REFERRAL:
                    response.flags &= ~dns.flags.RA
                response.authority.append(dns.rrset.from_text("example.", 300, "IN", "NS", "ns.example."))
            case _:
                self._answer(query, response, bare=fault is Fault.BARE_CHAIN)
                if fault is Fault.LENT_AUTHORITY and not response.answer:
                    key = response.question[0].to_text()
                    fault = None if key.endswith(" A") and key in self._dropped else Fault.OWN_ZONE
                    self._dropped.add(key)
                _twist(query, response, fault)
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
        texts = self._zone.get((name, rtype)) or self._wildcard.get(rtype)
        if texts:
            response.answer.append(dns.rrset.from_text(name, 300, "IN", rtype, *texts))
            return
        zone = "example." if name.is_subdomain(dns.name.from_text("example.")) else "."
        response.authority.append(
            dns.rrset.from_text(zone, 300, "IN", "SOA", "ns.example. hostmaster.example. 1 1 1 1 1")
        )
        if not self._wildcard and not any(owner == name for owner, _ in self._zone):
            response.set_rcode(dns.rcode.NXDOMAIN)

    def _from_elsewhere(self, wire: bytes) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.sendto(wire, self._last_peer)

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
        if len(data) > 2 and not data[2] & 0x80:  # else a late reply to who had this port before
            self._server.start(data, addr)


_TC_FIRST = {fault for fault in Fault if fault.value.startswith("truncated")} | {
    Fault.LONG_NAMES,
    Fault.THOUSANDS_OF_ERRORS,
}


def _twist(query: dns.message.Message, response: dns.message.Message, fault: Fault | None) -> None:
    """Change a true answer in one respect."""
    name = query.question[0].name
    match fault:
        case Fault.MIXED_CASE:
            mixed = dns.name.from_text("".join(swapped(name.to_text())))
            for section in (response.question, response.answer):
                for rrset in section:
                    if rrset.name == name:
                        rrset.name = mixed
        case Fault.ABSURD_TTL:
            for number, rrset in enumerate(response.answer):
                rrset.ttl = 0 if number % 2 else 2**31 - 1
        case Fault.NO_TTL:
            for rrset in response.answer:
                rrset.ttl = 0
        case Fault.OTHER_OWNER:
            for rrset in response.answer:
                rrset.name = dns.name.from_text("other.example.")
        case Fault.OTHER_CLASS:
            response.answer = [in_class_ch(rrset) for rrset in response.answer]
        case Fault.REPEATED:
            response.answer += response.answer
        case Fault.CNAME_BESIDE:
            response.answer.insert(0, dns.rrset.from_text(name, 300, "IN", "CNAME", "nowhere.example."))
        case Fault.STALE:
            response.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode.STALE_ANSWER)])
        case Fault.OWN_ZONE:
            response.flags |= dns.flags.AA
        case Fault.LOCAL:
            response.flags |= dns.flags.AA | dns.flags.AD
            for rrset in response.answer:
                rrset.ttl = 0
        case Fault.DENIED_WITH_ANSWER:
            response.set_rcode(dns.rcode.NXDOMAIN)
        case Fault.DNAME:
            target = dns.name.from_text("elsewhere.example.")
            parent = name.parent()
            renamed = name.relativize(parent).concatenate(target)
            response.answer = [
                dns.rrset.from_text(parent, 300, "IN", "DNAME", target.to_text()),
                dns.rrset.from_text(name, 300, "IN", "CNAME", renamed.to_text()),
            ]
