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
from functools import lru_cache

from probe._named_tuple import NamedTuple
from probe.standards.dns.message import Question, Status
from probe.standards.dns.provenance import has_made_start
from probe.standards.dns.special_use import is_reserved

LeanRecord = bytes | str | tuple[int, str] | tuple[bytes, ...] | tuple[int, int, int, bytes]
"""A and AAAA: the octets of the address; MX: preference and exchange; TXT: its strings; TLSA: its three
numbers and its data; PTR and NS: a name. Names are as in `names`."""


LeanReply = tuple[Status, tuple[LeanRecord, ...], int, bool]
"""A parsed reply: ANSWER, NODATA or NXDOMAIN, the records (each once), its TTL in seconds, and the AD bit
(RFC 4035)."""


class _UnusualError(Exception):
    """The full parser is needed."""


_HEADER = 12  # octets before the question
_COUNTS = struct.Struct("!HHHHH")
_RECORD = struct.Struct("!HHIH")  # behind its owner
_POINTED_RECORD = struct.Struct("!HHHIH")  # with a pointer as its owner
_RECORD_ASKED_FOR = struct.Struct("!6sIH")  # the same, with owner, type and class as octets
_IN, _OPT, _SOA = 1, 41, 6
_ANSWER = Status.ANSWER
_NEGATIVE = {0: Status.NODATA, 3: Status.NXDOMAIN}  # by response code, where there are no answers
_POINTER = 0xC0  # the two highest bits of its first octet (RFC 1035 section 4.1.4)
_POINTER_BITS = 0xC000
_HOLDS_LONGEST = 0xFFFFFFFF
_POINTER_TO_QUESTION = b"\xc0\x0c"  # to the name of the question
_RECORDS_LIMIT = 64  # in all sections; what has more is not usual
_POINTERS_LIMIT = 8  # on the way through one name
_STEPS = (0, *range(2, 65), *bytes(192))  # octets of a label, by its first one; 0 for what is no label
_NAME_ROOM = 255  # octets of a name on the wire (RFC 1035 section 2.3.4)
_TEXTS_KEPT = 4096  # of names, up to 250 octets each
_PLAIN = bytes(octet for octet in range(0x21, 0x7F) if octet != 0x5C)  # stand for themselves, and the dot
_UNSPECIFIED = bytes(16)
_TRANSLATED = b"\x00\x64\xff\x9b"  # RFC 6052 and RFC 8215: addresses that a resolver may have made (DNS64)


def read(wire: bytes, section: bytes, question: Question) -> LeanReply | None:
    """Read the reply to the query for `question`, whose question section was `section`. None if the full
    parser is needed, also if it is not a reply to the query. The caller has compared the id (RFC 5452 section
    9.1)."""
    try:
        flags, questions, answers, authorities, additional = _COUNTS.unpack_from(wire, 2)
        rcode = flags & 0x000F
        # QR set, opcode 0, TC not set, NOERROR or NXDOMAIN
        if flags & 0xFA00 != 0x8000 or rcode not in _NEGATIVE or not wire.startswith(section, _HEADER):
            return None
        name = question.name
        if questions != 1 or "\\" in name or answers + authorities + additional > _RECORDS_LIMIT:
            return None
        at = _HEADER + len(section)
        names = {_HEADER: name}
        is_vouched_for = flags & 0x0020 != 0
        if answers:
            if rcode:
                return None
            records, ttl, at = _answers(wire, at, answers, section[-4:], names)
            if authorities:
                at, _ = _authority(wire, at, authorities, names)
            _additional(wire, at, additional, names)
            return _ANSWER, records, ttl, is_vouched_for
        at, start = _authority(wire, at, authorities, names)
        _additional(wire, at, additional, names)
        holds_zone_itself = flags & 0x0480 == 0x0480  # AA and RA
        if start is None or holds_zone_itself or not _speaks_for(start, name, is_denied=rcode != 0):
            return None
        return _NEGATIVE[rcode], (), start.holds, is_vouched_for
    except (_UnusualError, IndexError, struct.error):
        return None


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
    wire: bytes, at: int, count: int, kind: bytes, names: dict[int, str]
) -> tuple[tuple[LeanRecord, ...], int, int]:
    """The records of the asked type and class `kind`, the lowest TTL, and where the section ends."""
    reader = _READERS.get(kind)
    if reader is None:
        raise _UnusualError
    records: list[LeanRecord] = []
    lowest = _HOLDS_LONGEST
    beginning = _POINTER_TO_QUESTION + kind
    for _ in range(count):
        owner_and_kind, ttl, length = _RECORD_ASKED_FOR.unpack_from(wire, at)
        if owner_and_kind != beginning:
            raise _UnusualError
        start = at + _RECORD_ASKED_FOR.size
        at = start + length
        records.append(reader(wire, start, at, names))
        if ttl < lowest:  # noqa: PLR1730  `min` takes longer than all else here
            lowest = ttl
    if not lowest or at > len(wire):
        raise _UnusualError  # without a time to live it may be of the name server's own machine
    if count > 1 and len(set(records)) < count:
        records = list(dict.fromkeys(records))
    return tuple(records), lowest, at


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
    target, behind = _name(wire, start + 2, names)
    if behind > end:
        raise _UnusualError
    return wire[start] << 8 | wire[start + 1], target


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
        if not wire[at]:
            kind, _, ttl, length = _RECORD.unpack_from(wire, at + 1)
            at += 1 + _RECORD.size + length
        else:
            owner, kind, _, ttl, length = _POINTED_RECORD.unpack_from(wire, at)
            if owner - _POINTER_BITS in names:
                at += _POINTED_RECORD.size + length
            else:
                _, at = _name(wire, at, names)
                kind, _, ttl, length = _RECORD.unpack_from(wire, at)
                at += _RECORD.size + length
        if kind == _SOA or (kind == _OPT and (length or ttl >> 24)):
            raise _UnusualError
    if at > len(wire):
        raise _UnusualError


def _name(wire: bytes, start: int, names: dict[int, str], pointers: int = 0) -> tuple[str, int]:
    """The name at an offset in its text form, and the offset behind it. `names` are the names of this message
    that have been read, by their offset; `pointers` led here."""
    at = start
    while step := _STEPS[wire[at]]:
        at += step
    labels, length, rest = wire[start:at], wire[at], ""
    if length:
        target = (length & 0x3F) << 8 | wire[at + 1]
        if length < _POINTER or target >= start or pointers == _POINTERS_LIMIT:
            raise _UnusualError
        if target not in names:
            names[target] = _behind_pointer(wire, target, names, pointers)
        rest = names[target]
        at += 1
    text = names[start] = _text(labels, rest)
    return text, at + 1


def _behind_pointer(wire: bytes, target: int, names: dict[int, str], pointers: int) -> str:
    """What a pointer to `target` means. Each character in the name of the question is one octet, so where a
    label of that name begins, the rest of it is meant."""
    question_name = names[_HEADER]
    begin = target - _HEADER
    if 0 < begin < len(question_name) and question_name[begin - 1] == ".":
        return question_name[begin:]
    return _name(wire, target, names, pointers + 1)[0]


@lru_cache(_TEXTS_KEPT)
def _text(labels: bytes, rest: str) -> str:
    """The text of labels with their length octets, before the rest of the name; many answers have the same
    few."""
    parts: list[bytes] = []
    at = 0
    while at < len(labels):
        end = at + 1 + labels[at]
        parts.append(labels[at + 1 : end])
        at = end
    octets = b".".join(parts)
    # neither an octet that has no plain form, nor a dot within a label
    if octets.translate(None, _PLAIN) or octets.count(b".") != max(len(parts) - 1, 0):
        raise _UnusualError
    text = octets.decode("ascii").lower()
    text = f"{text}.{rest}" if text and rest else text or rest
    if len(text) + 2 > _NAME_ROOM:
        raise _UnusualError
    return text


_READERS: dict[bytes, Callable[[bytes, int, int, dict[int, str]], LeanRecord]] = {
    b"\0\1\0\1": _address_v4,
    b"\0\2\0\1": _target,
    b"\0\x0c\0\1": _target,
    b"\0\x0f\0\1": _mx,
    b"\0\x10\0\1": _strings,
    b"\0\x1c\0\1": _address_v6,
    b"\0\x34\0\1": _tlsa,
}
