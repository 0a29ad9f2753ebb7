"""The reply to a DNS query, read by `standards.dns.wire`.

Keeps of a reply what an `Answer` needs: the response code, the AD bit, the CNAME chain and the records at its
end. Never raises on received octets.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address

from probe._dataclass import dataclass, replace
from probe.model.answer_fault import AnswerFault, AnswerWhy, WireFault
from probe.net.dns_query import TYPE_NUMBERS as _NUMBERS
from probe.net.dns_query import Query
from probe.settings import CNAME_LIMIT
from probe.standards.dns import names
from probe.standards.dns.message import Answer, Mx, Question, Record, RecordType, Status, Tlsa, Txt
from probe.standards.dns.provenance import ExtendedError, Provenance, Soa
from probe.standards.dns.wire import (
    AA,
    AD,
    IN,
    RA,
    TC,
    Unfolding,
    WireError,
    WireMessage,
    WireRecord,
    read_message,
    strings,
)

_SOA = _NUMBERS[RecordType.SOA]
_NOERROR, _FORMERR, _SERVFAIL, _NXDOMAIN, _NOTIMP, _REFUSED, _BADVERS = 0, 1, 2, 3, 4, 5, 16
_MAY_BE_BARE = frozenset({_FORMERR, _SERVFAIL, _NOTIMP, _REFUSED})
_WITHOUT_EDNS = frozenset({_FORMERR, _NOTIMP, _BADVERS})
_SOA_NUMBERS = 20  # octets of the five numbers after its names
_MOST_ERRORS = 3  # extended errors kept of one reply


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply of one server. `aliases`, `records` and `why` as in Answer; `open_end` is the name at which a
    CNAME chain stops without a denial; `without_edns`: ask again without EDNS; `truncated`: ask again over
    TCP; `edns`: the server supports EDNS; `provenance` without the name of the server (None: unreadable)."""

    status: Status
    records: tuple[Record, ...] = ()
    aliases: tuple[str, ...] = ()
    ttl: int | None = None
    authenticated: bool = False
    why: AnswerWhy | None = None
    open_end: str | None = None
    without_edns: bool = False
    truncated: bool = False
    edns: bool = False
    provenance: Provenance | None = None

    def answer_to(self, question: Question, elapsed_ms: int = 0) -> Answer:
        """The answer in this reply; with an `open_end` it is not complete."""
        return Answer(
            question,
            self.status,
            self.records,
            self.aliases,
            self.ttl,
            self.authenticated,
            self.why,
            elapsed_ms,
            self.provenance,
        )

    def of(self, server: str) -> Reply:
        """The same with the name of its server (`Endpoint.as_name_server`)."""
        if self.provenance is None:
            return self
        return replace(self, provenance=replace(self.provenance, server=server))


def is_reply_to(query: Query, wire: bytes) -> bool:
    """Whether a datagram carries the id of the query; others must be ignored (RFC 5452)."""
    return len(wire) >= 2 and struct.unpack("!H", wire[:2])[0] == query.id


def read_reply(query: Query, wire: bytes) -> Reply | None:
    """Read a reply; None when it answers another question, status MALFORMED when it is no DNS message."""
    unfolding, question = Unfolding(wire), query.question
    try:
        message = read_message(wire, unfolding)
        if not _answers(message, query):
            return None
        reading = _Reading(wire, unfolding, message)
        return replace(_read(reading, question), edns=message.edns, provenance=_provenance(reading))
    except WireError as error:
        return _fault(Status.MALFORMED, AnswerFault.NO_MESSAGE, wire=error.fault)


def _fault(status: Status, tag: AnswerFault, *, wire: WireFault | None = None) -> Reply:
    return Reply(status, why=AnswerWhy(tag, wire=wire))


@dataclass(frozen=True, slots=True)
class _Reading:
    """A message, for reading the data of its records."""

    wire: bytes
    unfolding: Unfolding
    message: WireMessage

    @property
    def authenticated(self) -> bool:
        return bool(self.message.flags & AD)

    def name(self, record: WireRecord, skip: int = 0) -> str:
        """The name in the record's data after `skip` octets."""
        text, end = self.unfolding.name(record.start + skip)
        if end > record.end:
            raise WireError(WireFault.NAME_OF_RECORD)
        return text

    def data(self, record: WireRecord, least: int = 0) -> bytes:
        octets = self.wire[record.start : record.end]
        if len(octets) < least:
            raise WireError(WireFault.RECORD_LENGTH)
        return octets


def _provenance(reading: _Reading) -> Provenance:
    """The provenance of the reply."""
    message = reading.message
    start = _start_of_authority(reading, message.authority)
    beside = _start_of_authority(reading, message.additional)
    return Provenance(
        server="",
        authoritative=bool(message.flags & AA),
        recursive=bool(message.flags & RA),
        soa=start,
        policy_zone=beside.zone if beside is not None else "",
        extended=tuple(
            # RFC 8914 section 2: UTF-8, which may or may not end with a NUL
            ExtendedError(code, words.rstrip(b"\0").decode("utf-8", "backslashreplace"))
            for code, words in message.extended_errors
        ),
    )


def _start_of_authority(reading: _Reading, records: Iterable[WireRecord]) -> Soa | None:
    """The first SOA record (RFC 1035 section 3.3.13); an unreadable one is ignored."""
    soa = next((it for it in records if it.rtype == _SOA and it.rclass == IN), None)
    if soa is None:
        return None
    try:
        mname, behind = reading.unfolding.name(soa.start)
        rname, behind = reading.unfolding.name(behind)
    except WireError:
        return None
    if behind + _SOA_NUMBERS != soa.end:
        return None
    minimum = int.from_bytes(reading.wire[soa.end - 4 : soa.end], "big")
    return Soa(soa.owner, mname, rname, minimum, soa.ttl)


def _answers(message: WireMessage, query: Query) -> bool:
    """RFC 5452 section 9.1: the same id and question; a server may leave the question out of a failure,
    and out of a reply that is cut off."""
    if message.id != query.id or not message.is_response:
        return False
    if not message.questions:
        return message.rcode in _MAY_BE_BARE or bool(message.flags & TC)
    question = query.question
    name = names.from_labels(names.to_labels(question.name))
    return message.questions == ((name, _NUMBERS[question.rtype], IN),)


def _read(reading: _Reading, question: Question) -> Reply:
    message = reading.message
    if message.flags & TC:
        return Reply(Status.MALFORMED, truncated=True, why=AnswerWhy(AnswerFault.TRUNCATED))
    if message.rcode in (_NOERROR, _NXDOMAIN):
        return _read_answer(reading, question, is_denial=message.rcode == _NXDOMAIN)
    return _read_failure(message)


def _read_failure(message: WireMessage) -> Reply:
    import dns.edns
    import dns.rcode

    code = dns.rcode.to_text(dns.rcode.Rcode.make(message.rcode))
    tag = AnswerFault.UNDEFINED_CODE if code.isdigit() else AnswerFault.RESPONSE_CODE
    errors = list(dict.fromkeys(error for error, _ in message.extended_errors))[:_MOST_ERRORS]
    why = AnswerWhy(tag, code=code, extended=tuple(dns.edns.EDECode.make(error).name for error in errors))
    status = Status.REFUSED if message.rcode == _REFUSED else Status.SERVFAIL
    # RFC 6891 section 7: a server that does not know EDNS fails, and its reply has no OPT record
    return Reply(status, why=why, without_edns=message.rcode in _WITHOUT_EDNS or not message.edns)


def _read_answer(reading: _Reading, question: Question, *, is_denial: bool) -> Reply:
    rows = [record for record in reading.message.answer if record.rclass == IN]
    start = names.from_labels(names.to_labels(question.name))
    number = _NUMBERS[question.rtype]
    targets = _aliases(reading, rows) if question.rtype is not RecordType.CNAME else {}
    for record in rows:
        if record.rtype == number:
            # RFC 1034 section 3.6.2 forbids a CNAME beside it; mail servers use the record
            targets.pop(record.owner, None)
    aliases, loop = _chain(start, targets)
    if loop:
        return Reply(Status.CNAME_LOOP, aliases=aliases, why=loop)
    end = aliases[-1] if aliases else start
    answers = [record for record in rows if record.owner == end and record.rtype == number]
    if answers and is_denial:
        return _fault(Status.MALFORMED, AnswerFault.DENIES_AND_ANSWERS)
    if answers:
        chain_names = {start, *aliases}
        lowest = min(record.ttl for record in rows if record.owner in chain_names)
        # RFC 2181 section 5: duplicate records count once
        records = tuple(dict.fromkeys(_record(question.rtype, reading, record) for record in answers))
        return Reply(Status.ANSWER, records, aliases, ttl=lowest, authenticated=reading.authenticated)
    if is_denial:
        return Reply(Status.NXDOMAIN, aliases=aliases, authenticated=reading.authenticated)
    return _nothing(reading, aliases)


def _nothing(reading: _Reading, aliases: tuple[str, ...]) -> Reply:
    """NOERROR without the asked records: no data, a chain to follow, or a referral."""
    message, secure = reading.message, reading.authenticated
    kinds = {record.rtype for record in message.authority}
    if _SOA in kinds:
        return Reply(Status.NODATA, aliases=aliases, authenticated=secure)
    if aliases:
        # RFC 1034 section 3.6.2 lets a server stop where another zone begins
        return Reply(Status.NODATA, aliases=aliases, authenticated=secure, open_end=aliases[-1])
    if message.answer:
        return _fault(Status.MALFORMED, AnswerFault.OTHER_NAMES)
    if _NUMBERS[RecordType.NS] in kinds and not message.flags & AA:
        # RFC 2308 section 2.2: with NS, and without SOA, it is no denial, whatever RA says
        return _fault(Status.REFUSED, AnswerFault.REFERRAL)
    return Reply(Status.NODATA, authenticated=secure)


def _aliases(reading: _Reading, rows: Iterable[WireRecord]) -> dict[str, str]:
    """Each alias to its target; of two for one name the first."""
    targets: dict[str, str] = {}
    for record in rows:
        if record.rtype == _NUMBERS[RecordType.CNAME] and record.owner not in targets:
            targets[record.owner] = reading.name(record)
    return targets


def _chain(start: str, targets: Mapping[str, str]) -> tuple[tuple[str, ...], AnswerWhy | None]:
    """The names in the CNAME chain from `start`, and why the chain is unusable, if it is."""
    chain: list[str] = []
    name = start
    while name in targets:
        name = targets[name]
        if name == start or name in chain:
            return (*chain, name), AnswerWhy(AnswerFault.CNAME_BACK, name=name)
        chain.append(name)
        if len(chain) > CNAME_LIMIT:
            return tuple(chain), AnswerWhy(AnswerFault.CNAME_MOST, most=CNAME_LIMIT)
    return tuple(chain), None


def _record(rtype: RecordType, reading: _Reading, record: WireRecord) -> Record:
    """Our form of one record."""
    match rtype:
        case RecordType.A | RecordType.AAAA:
            size = 4 if rtype is RecordType.A else 16
            data = reading.data(record, size)
            if len(data) != size:
                raise WireError(WireFault.ADDRESS_LENGTH)
            return IPv4Address(data) if size == 4 else IPv6Address(data)
        case RecordType.MX:
            preference = int.from_bytes(reading.data(record, 3)[:2], "big")
            return Mx(preference, reading.name(record, skip=2))
        case RecordType.TXT:
            return Txt(tuple(strings(reading.data(record))))
        case RecordType.TLSA:
            data = reading.data(record, 3)
            return Tlsa(data[0], data[1], data[2], data[3:])
        case _:
            return reading.name(record)
