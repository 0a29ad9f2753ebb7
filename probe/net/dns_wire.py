"""One DNS query as octets and its reply read back, over dnspython's message classes.

Of a reply this module keeps what the program's answers need: the response code, the AD bit, the
CNAME chain and the records at its end. It does not raise on what a server sent.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any

from probe.settings import CNAME_LIMIT
from probe.standards.dns import names
from probe.standards.dns.message import Mx, Question, Record, RecordType, Status, Tlsa, Txt

if TYPE_CHECKING:
    import dns.message
    import dns.name

EDNS_PAYLOAD = 1232  # octets; the size that the DNS flag day 2020 settled on to avoid fragments


@dataclass(frozen=True, slots=True)
class Reply:
    """What one server said. `aliases` and `records` as in Answer; `open_end` names where a CNAME
    chain stops without the server saying that nothing is there; `without_edns` that the server
    wants the query again without EDNS; `truncated` that it wants TCP."""

    status: Status
    records: tuple[Record, ...] = ()
    aliases: tuple[str, ...] = ()
    ttl: int | None = None
    authenticated: bool = False
    detail: str = ""
    open_end: str | None = None
    without_edns: bool = False
    truncated: bool = False


def make_query(question: Question, *, edns: bool) -> dns.message.Message:
    """A recursive query that asks for the AD bit (RFC 6840 section 5.7) under a random id."""
    import dns.flags
    import dns.message
    import dns.name

    name = dns.name.Name((*names.to_labels(question.name), b""))
    query = dns.message.make_query(
        name, question.rtype.value, use_edns=0 if edns else False, payload=EDNS_PAYLOAD if edns else None
    )
    query.flags |= dns.flags.AD
    return query


def belongs(query: dns.message.Message, wire: bytes) -> bool:
    """Whether a datagram carries the id of the query; anything else is not for us (RFC 5452)."""
    return len(wire) >= 2 and struct.unpack("!H", wire[:2])[0] == query.id


def read_reply(query: dns.message.Message, question: Question, wire: bytes) -> Reply | None:
    """Read a reply; None when it answers another question, status MALFORMED when it is no DNS message."""
    import dns.exception
    import dns.message

    try:
        # each record apart: merged sets would hide a second CNAME and equal TXT records
        message = dns.message.from_wire(wire, one_rr_per_rrset=True, ignore_trailing=True)
        belonging = query.is_response(message)
    except (dns.exception.DNSException, ValueError, struct.error) as error:
        return Reply(Status.MALFORMED, detail=f"the reply is no DNS message ({type(error).__name__})")
    return _read(message, question) if belonging else None


def _read(message: dns.message.Message, question: Question) -> Reply:
    import dns.flags
    import dns.rcode

    rcode = message.rcode()
    if message.flags & dns.flags.TC:
        return Reply(Status.MALFORMED, truncated=True, detail="truncated")
    if rcode in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return _read_answer(message, question, denied=rcode == dns.rcode.NXDOMAIN)
    detail = dns.rcode.to_text(rcode)
    if rcode in (dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS):
        # RFC 6891 section 7: a server that does not know EDNS answers so
        return Reply(Status.SERVFAIL, detail=detail, without_edns=True)
    extended = ", ".join(error.code.name for error in message.extended_errors())
    detail = f"{detail}, {extended}" if extended else detail
    return Reply(Status.REFUSED if rcode == dns.rcode.REFUSED else Status.SERVFAIL, detail=detail)


def _read_answer(message: dns.message.Message, question: Question, *, denied: bool) -> Reply:
    import dns.flags

    rows = [
        (_text(rrset.name), rrset.ttl, rrset[0])
        for rrset in message.answer
        if len(rrset) and rrset.rdclass.name == "IN"
    ]
    start = names.from_labels(names.to_labels(question.name))
    aliases, looped = _chain(start, question.rtype, [(owner, record) for owner, _, record in rows])
    secure = bool(message.flags & dns.flags.AD)
    if looped:
        return Reply(Status.CNAME_LOOP, aliases=aliases, detail=looped)
    end = aliases[-1] if aliases else start
    wanted = [(ttl, r) for owner, ttl, r in rows if owner == end and r.rdtype.name == question.rtype.value]
    records = tuple(_record(question.rtype, record) for _, record in wanted)
    if records:
        chain_names = {start, *aliases}
        lowest = min(ttl for owner, ttl, _ in rows if owner in chain_names)
        return Reply(Status.ANSWER, records, aliases, ttl=lowest, authenticated=secure)
    if denied:
        return Reply(Status.NXDOMAIN, aliases=aliases, authenticated=secure)
    return _nothing(message, aliases, secure=secure)


def _nothing(message: dns.message.Message, aliases: tuple[str, ...], *, secure: bool) -> Reply:
    """NOERROR without the asked records: no data, a chain to follow, or a server that sends us on."""
    import dns.flags

    kinds = {rrset.rdtype.name for rrset in message.authority}
    if "SOA" in kinds:
        return Reply(Status.NODATA, aliases=aliases, authenticated=secure)
    if aliases:
        # RFC 1034 section 3.6.2 lets a server stop where another zone begins
        return Reply(Status.NODATA, aliases=aliases, authenticated=secure, open_end=aliases[-1])
    if "NS" in kinds and not message.flags & (dns.flags.AA | dns.flags.RA):
        return Reply(Status.REFUSED, detail="a referral: this server does not resolve for us")
    return Reply(Status.NODATA, authenticated=secure)


def _chain(start: str, rtype: RecordType, rows: Iterable[tuple[str, Any]]) -> tuple[tuple[str, ...], str]:
    """The names that CNAMEs lead to from `start`, and why the chain was given up, if it was."""
    if rtype is RecordType.CNAME:
        return (), ""
    targets: dict[str, str] = {}
    for owner, record in rows:
        if record.rdtype.name == "CNAME":
            targets.setdefault(owner, _text(record.target))
    followed: list[str] = []
    name = start
    while name in targets:
        name = targets[name]
        if name == start or name in followed:
            return (*followed, name), f"the CNAMEs lead back to {name}"
        followed.append(name)
        if len(followed) > CNAME_LIMIT:
            return tuple(followed), f"more than {CNAME_LIMIT} CNAMEs in a row"
    return tuple(followed), ""


def _record(rtype: RecordType, record: Any) -> Record:
    """Our form of one record; the attributes are those of dnspython's class for the type."""
    match rtype:
        case RecordType.A:
            return IPv4Address(record.address)
        case RecordType.AAAA:
            return IPv6Address(record.address)
        case RecordType.MX:
            return Mx(record.preference, _text(record.exchange))
        case RecordType.TXT:
            return Txt(tuple(record.strings))
        case RecordType.TLSA:
            return Tlsa(record.usage, record.selector, record.mtype, record.cert)
        case RecordType.SOA:
            return _text(record.mname)
        case _:
            return _text(record.target)


def _text(name: dns.name.Name) -> str:
    return names.from_labels(name.labels)
