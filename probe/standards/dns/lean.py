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
_COUNTS = struct.Struct("!HHHHH")
_RECORD = struct.Struct("!HHIH")
_TTL_LENGTH = struct.Struct("!IH")
_IN, _OPT, _SOA = 1, 41, 6
_NXDOMAIN = 3
_HOLDS_LONGEST = 0xFFFFFFFF
_POINTER = 0xC0  # the two highest bits of its first octet (RFC 1035 section 4.1.4)
_POINTER_TO_QUESTION = b"\xc0\x0c"  # to the name of the question
_RECORDS_LIMIT = 64  # in all sections; what has more is not usual
_POINTERS_LIMIT = 8  # on the way through one name
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
        return _read(wire, section, question)
    except (_UnusualError, IndexError, struct.error):
        return None


def _read(wire: bytes, section: bytes, question: Question) -> LeanReply | None:
    flags, questions, answers, authorities, additional = _COUNTS.unpack_from(wire, 2)
    rcode = flags & 0x000F
    # QR set, opcode 0, TC not set, NOERROR or NXDOMAIN
    if flags & 0xFA00 != 0x8000 or rcode not in (0, _NXDOMAIN) or not wire.startswith(section, _HEADER):
        return None
    if questions != 1 or "\\" in question.name or answers + authorities + additional > _RECORDS_LIMIT:
        return None
    is_denied = rcode == _NXDOMAIN
    is_vouched_for = bool(flags & 0x0020)
    at = _HEADER + len(section)
    names = {_HEADER: question.name}
    if answers:
        if is_denied:
            return None
        records, ttl, at = _answers(wire, at, answers, section[-4:], names)
        at, _ = _authority(wire, at, authorities, names)
        _additional(wire, at, additional, names)
        return LeanReply(Status.ANSWER, records, ttl, is_vouched_for)
    at, start = _authority(wire, at, authorities, names)
    _additional(wire, at, additional, names)
    holds_zone_itself = flags & 0x0480 == 0x0480  # AA and RA
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
        if not wire.startswith(beginning, at):
            raise _UnusualError
        ttl, length = _TTL_LENGTH.unpack_from(wire, at + 6)
        start = at + 12
        at = start + length
        if at > len(wire):
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
        first = wire[at]
        if not first:
            at += 1
        elif first >= _POINTER and (first & 0x3F) << 8 | wire[at + 1] in names:
            at += 2
        else:
            _, at = _name(wire, at, names)
        kind, _, ttl, length = _RECORD.unpack_from(wire, at)
        at += _RECORD.size + length
        if at > len(wire) or kind == _SOA or (kind == _OPT and (length or ttl >> 24)):
            raise _UnusualError


def _name(wire: bytes, start: int, names: dict[int, str], pointers: int = 0) -> tuple[str, int]:
    """The name at an offset in its text form, and the offset behind it. `names` are the names of this message
    that have been read, by their offset; `pointers` led here."""
    at = start
    while 0 < (length := wire[at]) < 64:
        at += length + 1
    text = _text(wire[start:at])
    if length:
        target = (length & 0x3F) << 8 | wire[at + 1]
        if length < _POINTER or target >= start or pointers == _POINTERS_LIMIT:
            raise _UnusualError
        rest = names.get(target) or _in_question(names[_HEADER], target)
        if rest is None:
            rest, _ = _name(wire, target, names, pointers + 1)
        text = f"{text}.{rest}" if text and rest else text or rest
        if len(text) + 2 > _NAME_ROOM:
            raise _UnusualError
        at += 1
    names[start] = text
    return text, at + 1


def _in_question(name: str, target: int) -> str | None:
    """What a pointer to `target` means, where that is the beginning of a label in the name of the question;
    each of its characters is one octet."""
    begin = target - _HEADER
    return name[begin:] if 0 < begin < len(name) and name[begin - 1] == "." else None


@lru_cache(_TEXTS_KEPT)
def _text(labels: bytes) -> str:
    """The text of labels with their length octets; many answers have the same few."""
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
    if len(octets) + 2 > _NAME_ROOM:
        raise _UnusualError
    return octets.decode("ascii").lower()


_READERS: dict[bytes, Callable[[bytes, int, int, dict[int, str]], LeanRecord]] = {
    b"\0\1\0\1": _address_v4,
    b"\0\2\0\1": _target,
    b"\0\x0c\0\1": _target,
    b"\0\x0f\0\1": _mx,
    b"\0\x10\0\1": _strings,
    b"\0\x1c\0\1": _address_v6,
    b"\0\x34\0\1": _tlsa,
}
