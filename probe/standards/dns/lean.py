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
_counts = struct.Struct("!5H").unpack_from  # the flags, and how many there are of each section
_record = struct.Struct("!HHIH").unpack_from  # behind its owner: type, class, TTL, octets of data
_RECORD = 10  # octets of these
_record_asked_for = struct.Struct("!6sIH").unpack_from  # a pointer as owner, type and class; TTL, octets
_record_beside = struct.Struct("!HHxxxxxxH").unpack_from  # a pointer as owner, type, octets
_POINTED_RECORD = 12  # octets before the data of these
_record_of_root = struct.Struct("!xHxxBxxxH").unpack_from  # type, upper octet of the TTL, octets
_ROOT_RECORD = 11  # octets before the data of it
_IN, _OPT, _SOA = 1, 41, 6
_NOT_BELOW_NAMES = frozenset({_OPT, _SOA})
_ANSWER = Status.ANSWER
_NEGATIVE = {0x8000: Status.NODATA, 0x8003: Status.NXDOMAIN}  # where there are no answers
_PLAIN_REPLY = 0x8000  # QR, opcode 0, TC not set, NOERROR
_PLAIN_MASK = 0xFA0F
_POINTER = 0xC0  # the two highest bits of its first octet (RFC 1035 section 4.1.4)
_POINTER_BITS = 0xC000
_HOLDS_LONGEST = 0xFFFFFFFF
_POINTER_TO_QUESTION = b"\xc0\x0c"  # to the name of the question
_RECORDS_LIMIT = 64  # in all sections; what has more is not usual
_POINTERS_LIMIT = 8  # on the way through one name
_STEPS = (0, *range(2, 65), *bytes(192))  # octets of a label, by its first one; 0 for what is no label
_TEXT_ROOM = 253  # characters of a name: 255 octets on the wire (RFC 1035 section 2.3.4)
_TEXTS_KEPT = 4096  # of names, up to 250 octets each
_PLAIN = bytes(octet for octet in range(0x21, 0x7F) if octet != 0x5C)  # stand for themselves, and the dot
_UNSPECIFIED = bytes(16)
_TRANSLATED = b"\x00\x64\xff\x9b"  # RFC 6052 and RFC 8215: addresses that a resolver may have made (DNS64)


def read(wire: bytes, section: bytes, question: Question) -> LeanReply | None:
    """Read the reply to the query for `question`, whose question section was `section`. None if the full
    parser is needed, also if it is not a reply to the query. The caller has compared the id (RFC 5452 section
    9.1)."""
    try:
        flags, questions, answers, authorities, additional = _counts(wire, 2)
        kind = flags & _PLAIN_MASK
        name = question.name
        if questions != 1 or not wire.startswith(section, _HEADER) or "\\" in name:
            return None
        if answers + authorities + additional > _RECORDS_LIMIT:
            return None
        names = {_HEADER: name}
        at = _HEADER + len(section)
        is_vouched_for = flags & 0x0020 != 0
        if answers:
            if kind != _PLAIN_REPLY:
                return None
            records, ttl, at = _answers(wire, at, answers, section[-4:], names)
            if authorities:
                at, _, _ = _authority(wire, at, authorities, names)
            _additional(wire, at, additional, names)
            return _ANSWER, records, ttl, is_vouched_for
        status = _NEGATIVE.get(kind)
        if status is None or flags & 0x0480 == 0x0480:  # AA and RA: it holds the zone itself
            return None
        at, zone, ttl = _authority(wire, at, authorities, names)
        _additional(wire, at, additional, names)
        if zone is None or not _may_deny(zone, name, status):
            return None
        return status, (), ttl, is_vouched_for
    except (_UnusualError, KeyError, IndexError, struct.error):
        return None


def _may_deny(zone: str, name: str, status: Status) -> bool:
    """Whether a zone can say that of a name; a fast form of `provenance.why_own_denial`. The root zone denies
    top-level domains, of which some are known to be there: that is left to it."""
    if name == zone:
        return status is Status.NODATA and not is_reserved(name)
    return bool(zone) and name.endswith("." + zone) and not is_reserved(name)


def _answers(
    wire: bytes, at: int, count: int, kind: bytes, names: dict[int, str]
) -> tuple[tuple[LeanRecord, ...], int, int]:
    """The records of the asked type and class `kind`, the lowest TTL, and where the section ends."""
    read_data = _READERS[kind]
    records: dict[LeanRecord, None] = {}
    lowest = _HOLDS_LONGEST
    beginning = _POINTER_TO_QUESTION + kind
    for _ in range(count):
        owner_and_kind, ttl, length = _record_asked_for(wire, at)
        if owner_and_kind != beginning:
            raise _UnusualError
        start = at + _POINTED_RECORD
        at = start + length
        records[read_data(wire, start, at, names)] = None
        if ttl < lowest:  # noqa: PLR1730  `min` takes longer than all else here
            lowest = ttl
    if not lowest or at > len(wire):
        raise _UnusualError  # without a time to live it may be of the name server's own machine
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
    return wire[start] << 8 | wire[start + 1], _target(wire, start + 2, end, names)


def _target(wire: bytes, start: int, end: int, names: dict[int, str]) -> str:
    """The name that these octets are."""
    text, pointer = _labels(wire[start:end])
    if pointer:
        rest = names.get(pointer)
        if rest is None:
            if pointer >= start:
                raise _UnusualError
            rest = names[pointer] = _behind_pointer(wire, pointer, names, 0)
        text = f"{text}.{rest}" if text and rest else text or rest
        if len(text) > _TEXT_ROOM:
            raise _UnusualError
    names[start] = text
    return text


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


def _authority(wire: bytes, at: int, count: int, names: dict[int, str]) -> tuple[int, str | None, int]:
    """Where the section ends; and the zone of its SOA record, and for how many seconds a denial with it holds
    (RFC 2308 section 5)."""
    zone, lasts = None, 0
    for _ in range(count):
        owner, at = _name(wire, at, names)
        kind, rclass, ttl, length = _record(wire, at)
        start = at + _RECORD
        at = start + length
        if at > len(wire):
            raise _UnusualError
        if kind == _SOA:
            mname, behind = _name(wire, start, names)
            rname, behind = _name(wire, behind, names)
            if behind + 20 != at or rclass != _IN or zone is not None or _has_made_start(mname, rname):
                raise _UnusualError
            zone, lasts = owner, min(ttl, int.from_bytes(wire[at - 4 : at], "big"))
    return at, zone, lasts


_has_made_start = lru_cache(_TEXTS_KEPT)(has_made_start)


def _additional(wire: bytes, at: int, count: int, names: dict[int, str]) -> None:
    """Only an OPT record without options (RFC 6891 section 6.1.2), and additional addresses."""
    for _ in range(count):
        if wire[at]:
            owner, kind, length = _record_beside(wire, at)
            if owner - _POINTER_BITS not in names:
                _, at = _name(wire, at, names)
                kind, _, _, length = _record(wire, at)
                at += _RECORD - _POINTED_RECORD
            if kind in _NOT_BELOW_NAMES:
                raise _UnusualError
            at += _POINTED_RECORD + length
        else:
            kind, upper, length = _record_of_root(wire, at)
            if kind == _SOA or (kind == _OPT and (length or upper)):
                raise _UnusualError
            at += _ROOT_RECORD + length
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
def _labels(octets: bytes) -> tuple[str, int]:
    """The text of a name's octets, and where the pointer at its end leads; 0 for none. Many answers have the
    same few."""
    at, pointer = 0, 0
    while step := _STEPS[octets[at]]:
        at += step
    if octets[at]:
        pointer = (octets[at] & 0x3F) << 8 | octets[at + 1]
        if octets[at] < _POINTER or pointer < _HEADER:
            raise _UnusualError
        at += 1
    if at + 1 != len(octets):
        raise _UnusualError
    return _text(octets[: at - 1] if pointer else octets[:-1], ""), pointer


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
    if len(text) > _TEXT_ROOM:
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
