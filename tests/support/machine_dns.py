"""A resolver as `doctor` examines it, over a small Internet of its own; with one fault, or none.

python -m tests.support.machine_dns ADDRESS [TRAIT]   serves port 53 of the address, and port 25 of all mail
hosts, in a namespace that has their addresses.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
import sys
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from functools import partial
from types import TracebackType
from typing import Any

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.reversename
import dns.rrset

from probe.knowledge.machine import controls
from probe.model.target import Endpoint


class Trait(StrEnum):
    """What a resolver does to questions and answers; one at a time."""

    HEALTHY = "healthy"
    SILENT = "silent"
    REFUSES = "refuses"
    FAILS = "fails"
    UDP_LOST = "udp-lost"
    UDP_LOST_AND_FAILS = "udp-lost-and-fails"
    WALLED = "walled"  # denies everything, with authority of the root
    REWRITES = "rewrites"
    BARE_DENIALS = "bare-denials"
    NO_AD = "no-ad"
    NO_TCP = "no-tcp"
    TCP_SILENT = "tcp-silent"
    NO_EDNS = "no-edns"
    EDNS_LOST = "edns-lost"
    LARGE_LOST = "large-lost"
    SPAMHAUS_REFUSES = "spamhaus-refuses"
    REBINDING = "rebinding"
    MINIMISES = "minimises"
    INVENTS_PTR = "invents-ptr"
    DNS64 = "dns64"
    STALE = "stale"
    STALE_ONCE = "stale-once"
    TTL_STANDS = "ttl-stands"
    TTL_ZERO = "ttl-zero"
    FEW_AT_ONCE = "few-at-once"
    REFUSES_MANY = "refuses-many"  # as dnsmasq beyond dns-forward-max


_DEAF = (Trait.UDP_LOST, Trait.UDP_LOST_AND_FAILS)
AT_ONCE = 12  # answered, of what comes within a moment
TTL = 3600
OWN_NAME, OWN_IP = "mail.sender.example", "192.0.2.10"
OWN_IPV6 = "2001:db8:1::10"
HOSTS = {  # of each operator: its mail host's addresses
    "gmail.com": ("203.0.113.10", "2001:db8:25::10"),
    "outlook.com": ("198.51.100.20", None),
    "gmx.net": ("203.0.113.30", "2001:db8:26::30"),
    "comcast.net": ("203.0.113.40", None),
    "mailbox.org": ("203.0.113.50", None),
    "towards.example": ("203.0.113.60", None),
}
EGRESS = "192.0.2.53"


class MachineDns:
    """Serves over UDP and TCP as an async context manager; `zone` has further records, "TYPE name" to
    texts, an empty list for none."""

    def __init__(
        self, trait: Trait = Trait.HEALTHY, zone: dict[str, list[str]] | None = None, ip: str = "127.0.0.1"
    ) -> None:
        self.trait, self.ip = trait, ip
        self.endpoint = Endpoint(ip, 0)
        self.queries: list[tuple[str, str]] = []
        self._zone = {**_zone(), **(zone or {})}
        self._began = asyncio.get_running_loop().time()
        self._moments: list[float] = []

    async def __aenter__(self) -> MachineDns:
        await self.listen(0)
        return self

    async def listen(self, port: int) -> None:
        """Take a port, for UDP and TCP; 0 for a free one."""
        loop = asyncio.get_running_loop()
        for _ in range(20):
            self._tcp = await asyncio.start_server(self._on_tcp, self.ip, port)
            number = self._tcp.sockets[0].getsockname()[1]
            try:
                self._udp, _ = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(self), local_addr=(self.ip, number)
                )
            except OSError:
                self._tcp.close()
                continue
            if self.trait is Trait.NO_TCP:
                self._tcp.close()
            self.endpoint = Endpoint(self.ip, number)
            return
        raise OSError("no port is free for both UDP and TCP")

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._udp.close()
        self._tcp.close()

    # -- transports ---------------------------------------------------------------------------------------

    def over_udp(self, wire: bytes) -> bytes | None:
        """The datagram that answers; None: none."""
        query = dns.message.from_wire(wire)
        name, rtype = _asked(query)
        self.queries.append((rtype, name))
        trait = self.trait
        if trait in (Trait.SILENT, *_DEAF) or (trait is Trait.EDNS_LOST and query.edns >= 0):
            return None
        if trait is Trait.FEW_AT_ONCE and rtype == "MX" and self._is_too_much():
            return None
        data = self._respond(query).to_wire(max_size=65535)
        room = query.payload if query.edns >= 0 and trait is not Trait.NO_EDNS else 512
        if len(data) > room:
            short = dns.message.make_response(query, recursion_available=True)
            short.flags |= dns.flags.TC
            return short.to_wire()
        return None if trait is Trait.LARGE_LOST and len(data) > 512 else data

    async def _on_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            query = dns.message.from_wire(await reader.readexactly(length))
            if self.trait in (Trait.TCP_SILENT, Trait.SILENT):
                await reader.read()
            data = self._respond(query).to_wire(max_size=65535)
            writer.write(struct.pack("!H", len(data)) + data)
            await writer.drain()
        writer.close()

    def _is_too_much(self) -> bool:
        now = asyncio.get_running_loop().time()
        self._moments = [it for it in self._moments if now - it < 0.5]
        self._moments.append(now)
        return len(self._moments) > AT_ONCE

    # -- what DNS says ------------------------------------------------------------------------------------

    def _respond(self, query: dns.message.Message) -> dns.message.Message:
        response = dns.message.make_response(query, recursion_available=True, our_payload=1232)
        name, rtype = _asked(query)
        trait = self.trait
        if trait is Trait.NO_EDNS and query.edns >= 0:
            response = dns.message.make_response(query, recursion_available=True)
            response.use_edns(False)
            response.set_rcode(dns.rcode.FORMERR)
            return response
        is_beyond = trait is Trait.REFUSES_MANY and rtype == "MX" and self._is_too_much()
        is_failure = trait in (Trait.FAILS, Trait.UDP_LOST_AND_FAILS)
        if trait is Trait.REFUSES or is_failure or is_beyond:
            response.set_rcode(dns.rcode.SERVFAIL if is_failure else dns.rcode.REFUSED)
            return response
        texts = self._texts(name, rtype)
        if trait is Trait.WALLED and name:
            texts = None
        if texts is None and trait is Trait.REWRITES and rtype == "A" and name.startswith("smtp-probe-"):
            texts = ["198.51.100.66"]
        is_made = trait is Trait.INVENTS_PTR and rtype == "PTR"
        if is_made:
            texts = ["vm-7.internal.example."]
            response.flags |= dns.flags.AA
        elif trait is not Trait.NO_AD and texts is not None and name in ("", controls().signed):
            response.flags |= dns.flags.AD
        self._fill(response, texts, 0 if is_made else self._ttl(), rtype)
        if trait is Trait.STALE or (trait is Trait.STALE_ONCE and name == controls().signed):
            response.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode.STALE_ANSWER)])
        return response

    def _ttl(self) -> int:
        if self.trait is Trait.TTL_ZERO:
            return 0
        return TTL - (
            0 if self.trait is Trait.TTL_STANDS else int(asyncio.get_running_loop().time() - self._began)
        )

    def _fill(self, response: dns.message.Message, texts: list[str] | None, ttl: int, rtype: str) -> None:
        owner = response.question[0].name
        if texts:
            response.answer.append(dns.rrset.from_text(owner, ttl, "IN", rtype, *texts))
            return
        response.set_rcode(dns.rcode.NXDOMAIN if texts is None else dns.rcode.NOERROR)
        if self.trait is not Trait.BARE_DENIALS:
            top = dns.name.root if self.trait is Trait.WALLED else dns.name.Name(owner.labels[-2:])
            soa = "ns.zone.example. hostmaster.zone.example. 1 3600 900 604800 300"
            response.authority.append(dns.rrset.from_text(top, 300, "IN", "SOA", soa))

    def _texts(self, name: str, rtype: str) -> list[str] | None:
        """The records; none of the type: []; no such name: None."""
        zone = next((it for it in controls().lists if name.endswith(f".{it}")), None)
        if zone is not None:
            return self._listing(name.removesuffix(f".{zone}"), zone, rtype)
        if self.trait is Trait.DNS64 and (rtype, name) == ("AAAA", "ipv4only.arpa"):
            return ["64:ff9b::c000:aa", "64:ff9b::c000:ab"]
        texts = self._zone.get(f"{rtype} {name}")
        if texts is not None:
            return texts
        return [] if any(key.split(" ", 1)[1] == name for key in self._zone) else None

    def _listing(self, entry: str, zone: str, rtype: str) -> list[str] | None:
        if entry != "2.0.0.127" or self.trait is Trait.MINIMISES:
            return None
        if rtype == "TXT":
            return ['"a test entry"']
        if rtype != "A" or self.trait is Trait.REBINDING:
            return []
        refused = self.trait is Trait.SPAMHAUS_REFUSES and zone == controls().spamhaus
        return ["127.255.255.254" if refused else "127.0.0.2"]


def _zone() -> dict[str, list[str]]:
    names = controls()
    keys = " ".join(["A" * 340])
    zone = {
        "NS ": [f"{letter}.root-servers.net." for letter in "abcdefghijklm"],
        "DNSKEY ": [f"257 3 8 {keys}", f"256 3 8 B{keys[1:]}", f"256 3 8 C{keys[1:]}"],
        "SOA org": ["ns.org. hostmaster.org. 1 3600 900 604800 300"],
        "A ipv4only.arpa": ["192.0.0.170", "192.0.0.171"],
        f"A {names.egress_a}": [EGRESS],
        f"TXT {names.egress_txt}": [f'"{EGRESS}"'],
        f"PTR {_reverse(OWN_IP)}": [f"{OWN_NAME}."],
        f"PTR {_reverse(OWN_IPV6)}": [f"{OWN_NAME}."],
        f"A {OWN_NAME}": [OWN_IP],
        f"AAAA {OWN_NAME}": [OWN_IPV6],
    }
    zone |= {f"SOA {it}": [f"ns.{it}. hostmaster.{it}. 1 3600 900 604800 300"] for it in names.lists}
    for domain in (*names.many, *HOSTS):
        zone[f"MX {domain}"] = [f"10 mx.{domain}."]
    for domain, (ipv4, ipv6) in HOSTS.items():
        zone[f"A mx.{domain}"] = [ipv4]
        zone[f"AAAA mx.{domain}"] = [ipv6] if ipv6 else []
    return zone


def _reverse(ip: str) -> str:
    return dns.reversename.from_address(ip).to_text(omit_final_dot=True)


def _asked(query: dns.message.Message) -> tuple[str, str]:
    question = query.question[0]
    return question.name.to_text(omit_final_dot=True).lower().strip("."), dns.rdatatype.to_text(
        question.rdtype
    )


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: MachineDns) -> None:
        self._server = server

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, peer: Any) -> None:
        reply = self._server.over_udp(data)
        if reply is not None:
            self._transport.sendto(reply, peer)


async def _greet(domain: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        writer.write(f"220 mx.{domain} ESMTP; {format_datetime(datetime.now(UTC))}\r\n".encode())
        while await reader.readline():
            writer.write(b"221 bye\r\n")
    writer.close()


async def _serve(ip: str, trait: Trait) -> None:
    """The resolver, and the mail hosts of the small Internet, at their own addresses and ports."""
    await MachineDns(trait, ip=ip).listen(53)
    for domain, addresses in HOSTS.items():
        for address in filter(None, addresses):
            await asyncio.start_server(partial(_greet, domain), address, 25)
    print("listening", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], Trait(sys.argv[2]) if len(sys.argv) > 2 else Trait.HEALTHY))
