"""A fast parser for usual DNS replies, for callers with thousands of questions.

`read` takes a reply (RFC 1035 section 4) of the plainest kinds: records of the asked type under the asked
name, or a denial by the zone's own SOA record (RFC 2308). Everything else — aliases, failures, references,
odd names, extended errors, answers that a name server may have made itself — is left to the full parser, and
`read` returns None. The result is the same as that of the full parser, with the same checks; tests compare
both. It returns tuples instead of objects, which takes a tenth of the time.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

from probe.standards.dns.message import Question, Status
from probe.standards.dns.provenance import has_made_start
from probe.standards.dns.special_use import is_reserved

LeanRecord = bytes | str | tuple[int, str] | tuple[bytes, ...] | tuple[int, int, int, bytes]
"""A and AAAA: the octets of the address; MX: preference and exchange; TXT: its strings; TLSA: its three
numbers and its data; PTR and NS: a name. Names are as in `names`."""


class LeanReply(NamedTuple):
    """A parsed reply: ANSWER, NODATA or NXDOMAIN, the records (each once), its TTL in seconds, and the AD bit
    (RFC 4035)."""

    status: Status
    records: tuple[LeanRecord, ...]
    ttl: int
    authenticated: bool


class _UnusualError(Exception):
    """The full parser is needed."""


_HEADER = 12  # octets before the question
_RECORD = struct.Struct("!HHIH")
_COUNTS = struct.Struct("!HHHH")
_IN, _OPT, _SOA = 1, 41, 6
_NXDOMAIN = 3
_HOLDS_LONGEST = 0xFFFFFFFF
_ANSWER = struct.Struct("!HHHIH")
_POINTER_TO_QUESTION = 0xC00C  # a pointer to the name of the question
_RECORDS_LIMIT = 64  # in all sections; what has more is not usual
_POINTERS_LIMIT = 8  # on the way through one name
_NAME_ROOM = 255  # octets of a name on the wire (RFC 1035 section 2.3.4)
_PLAIN = bytes(octet for octet in range(0x21, 0x7F) if octet != 0x5C)  # stand for themselves, and the dot
_UNSPECIFIED = bytes(16)
_TRANSLATED = b"\x00\x64\xff\x9b"  # RFC 6052 and RFC 8215: addresses that a resolver may have made (DNS64)


def read(wire: bytes, section: bytes, question: Question) -> LeanReply | None:
    """Read the reply to the query for `question`, whose question section was `section`. None if the full
    parser is needed, also if it is not a reply to the query. The caller has compared the id (RFC 5452 section
    9.1)."""
    try:
        return _read(wire, section, question)
    except (_UnusualError, IndexError, struct.error):
        return None


def _read(wire: bytes, section: bytes, question: Question) -> LeanReply | None:
    rcode = wire[3] & 0x0F
    # QR set, opcode 0, TC not set, NOERROR or NXDOMAIN
    if wire[2] & 0xFA != 0x80 or rcode not in (0, _NXDOMAIN) or not wire.startswith(section, _HEADER):
        return None
    questions, answers, authorities, additional = _COUNTS.unpack_from(wire, 4)
    if questions != 1 or "\\" in question.name or answers + authorities + additional > _RECORDS_LIMIT:
        return None
    is_denied = rcode == _NXDOMAIN
    is_vouched_for = bool(wire[3] & 0x20)
    at = _HEADER + len(section)
    names = {_HEADER: question.name}
    if answers:
        if is_denied:
            return None
        records, ttl, at = _answers(wire, at, answers, section[-4] << 8 | section[-3], names)
        at, _ = _authority(wire, at, authorities, names)
        _additional(wire, at, additional, names)
        return LeanReply(Status.ANSWER, records, ttl, is_vouched_for)
    at, start = _authority(wire, at, authorities, names)
    _additional(wire, at, additional, names)
    holds_zone_itself = wire[2] & 0x04 and wire[3] & 0x80  # AA and RA
    if start is None or holds_zone_itself or not _speaks_for(start, question.name, is_denied=is_denied):
        return None
    return LeanReply(Status.NXDOMAIN if is_denied else Status.NODATA, (), start.holds, is_vouched_for)


class _Start(NamedTuple):
    """An SOA record, and the TTL in seconds of a denial with it (RFC 2308 section 5)."""

    zone: str
    mname: str
    rname: str
    holds: int


def _speaks_for(start: _Start, name: str, *, is_denied: bool) -> bool:
    """Whether a denial of `name` comes from the zone; a fast form of `provenance.why_own_denial`."""
    zone = start.zone
    if zone and name != zone and not name.endswith(f".{zone}"):
        return False
    if (is_denied and name and zone == name) or is_reserved(name):
        return False
    return not has_made_start(start.mname, start.rname)


def _answers(
    wire: bytes, at: int, count: int, number: int, names: dict[int, str]
) -> tuple[tuple[LeanRecord, ...], int, int]:
    """The records of the asked type `number`, the lowest TTL, and where the section ends."""
    reader = _READERS.get(number)
    if reader is None:
        raise _UnusualError
    records: list[LeanRecord] = []
    lowest = _HOLDS_LONGEST
    for _ in range(count):
        owner, kind, rclass, ttl, length = _ANSWER.unpack_from(wire, at)
        start = at + 12
        at = start + length
        if owner != _POINTER_TO_QUESTION or kind != number or rclass != _IN or at > len(wire):
            raise _UnusualError
        records.append(reader(wire, start, at, names))
        lowest = min(lowest, ttl)
    if not lowest:
        raise _UnusualError  # it may be of the name server's own machine
    return (tuple(records) if count == 1 else tuple(dict.fromkeys(records))), lowest, at


def _address_v4(wire: bytes, start: int, end: int, names: dict[int, str]) -> bytes:
    address = wire[start:end]
    if len(address) != 4 or address == _UNSPECIFIED[:4]:
        raise _UnusualError
    return address


def _address_v6(wire: bytes, start: int, end: int, names: dict[int, str]) -> bytes:
    address = wire[start:end]
    if len(address) != 16 or address == _UNSPECIFIED or address.startswith(_TRANSLATED):
        raise _UnusualError
    return address


def _mx(wire: bytes, start: int, end: int, names: dict[int, str]) -> tuple[int, str]:
    return (wire[start] << 8 | wire[start + 1], _target(wire, start + 2, end, names))


def _target(wire: bytes, start: int, end: int, names: dict[int, str]) -> str:
    target, behind = _name(wire, start, names)
    if behind > end:
        raise _UnusualError
    return target


def _tlsa(wire: bytes, start: int, end: int, names: dict[int, str]) -> tuple[int, int, int, bytes]:
    if end - start < 3:
        raise _UnusualError
    return (wire[start], wire[start + 1], wire[start + 2], wire[start + 3 : end])


def _strings(wire: bytes, start: int, end: int, names: dict[int, str]) -> tuple[bytes, ...]:
    """The character-strings of a TXT record (RFC 1035 section 3.3.14)."""
    texts: list[bytes] = []
    while start < end:
        behind = start + 1 + wire[start]
        if behind > end:
            raise _UnusualError
        texts.append(wire[start + 1 : behind])
        start = behind
    if not texts:
        raise _UnusualError
    return tuple(texts)


def _authority(wire: bytes, at: int, count: int, names: dict[int, str]) -> tuple[int, _Start | None]:
    """Where the section ends, and its SOA record."""
    soa: _Start | None = None
    for _ in range(count):
        owner, at = _name(wire, at, names)
        kind, rclass, ttl, length = _RECORD.unpack_from(wire, at)
        start = at + _RECORD.size
        at = start + length
        if at > len(wire):
            raise _UnusualError
        if kind == _SOA:
            if soa is not None or rclass != _IN:
                raise _UnusualError
            mname, behind = _name(wire, start, names)
            rname, behind = _name(wire, behind, names)
            if behind + 20 != at:
                raise _UnusualError
            soa = _Start(owner, mname, rname, min(ttl, int.from_bytes(wire[at - 4 : at], "big")))
    return at, soa


def _additional(wire: bytes, at: int, count: int, names: dict[int, str]) -> None:
    """Only an OPT record without options (RFC 6891 section 6.1.2), and additional addresses."""
    for _ in range(count):
        _, at = _name(wire, at, names) if wire[at] else ("", at + 1)
        kind, _, ttl, length = _RECORD.unpack_from(wire, at)
        at += _RECORD.size + length
        if at > len(wire) or kind == _SOA or (kind == _OPT and (length or ttl >> 24)):
            raise _UnusualError


def _name(wire: bytes, start: int, names: dict[int, str], pointers: int = 0) -> tuple[str, int]:
    """The name at an offset in its text form, and the offset behind it. `names` are the names of this message
    that have been read, by their offset; `pointers` led here."""
    at = start
    labels: list[bytes] = []
    text = ""
    while length := wire[at]:
        if length < 64:
            end = at + 1 + length
            labels.append(wire[at + 1 : end])
            at = end
        elif length >= 0xC0:
            target = (length & 0x3F) << 8 | wire[at + 1]
            if target >= start or pointers == _POINTERS_LIMIT:
                raise _UnusualError
            text = names.get(target) or _name(wire, target, names, pointers + 1)[0]
            at += 1
            break
        else:
            raise _UnusualError
    if labels:
        octets = b".".join(labels)
        # neither an octet that has no plain form, nor a dot within a label
        if octets.translate(None, _PLAIN) or octets.count(b".") != len(labels) - 1:
            raise _UnusualError
        own = octets.decode("ascii").lower()
        text = f"{own}.{text}" if text else own
        if len(text) + 2 > _NAME_ROOM:
            raise _UnusualError
    names[start] = text
    return text, at + 1


_READERS: dict[int, Callable[[bytes, int, int, dict[int, str]], LeanRecord]] = {
    1: _address_v4,
    2: _target,
    12: _target,
    15: _mx,
    16: _strings,
    28: _address_v6,
    52: _tlsa,
}
