"""Reads a DNS message as octets (RFC 1035 section 4), in time that grows with its size alone.

A name that points back to another one is unfolded once; a message of 64 KiB whose thousands of records
each unfold to 255 octets costs no more than any other. Text forms of names are those of `names`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from probe._dataclass import dataclass
from probe.model.answer_fault import WireFault
from probe.standards.dns import names

_HEADER = struct.Struct("!HHHHHH")
_RECORD = struct.Struct("!HHIH")
_NAME_ROOM = 255  # octets of a name on the wire, its lengths included (RFC 1035 section 2.3.4)
_POINTER = 0xC0
_OPT = 41  # RFC 6891 section 6.1.1
_EDE = 15  # RFC 8914 section 3
_MOST_ERRORS = 8  # extended errors of one message; one is usual
_MOST_WORDS = 200  # octets of an extended error's text
IN = 1

# Flags and their place (RFC 1035 section 4.1.1, RFC 4035 section 3.2)
QR, AA, TC, RA, AD = 0x8000, 0x0400, 0x0200, 0x0080, 0x0020
_OPCODE = 0x7800


class WireError(ValueError):
    """The octets are no DNS message; `fault` says what is wrong with them."""

    def __init__(self, fault: WireFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class WireRecord:
    """One resource record; `start` and `end` are where its data stand in the message."""

    owner: str
    rtype: int
    rclass: int
    ttl: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WireMessage:
    """A message. `questions` are name, type and class; `rcode` has the upper bits of EDNS with it;
    `edns` says that there is an OPT record, `extended_errors` are the codes of RFC 8914 in it, each with the
    octets of its text. The names in a record's data are read by `Unfolding`. A truncated message (TC) has no
    records here."""

    id: int
    flags: int
    rcode: int
    questions: tuple[tuple[str, int, int], ...]
    answer: tuple[WireRecord, ...]
    authority: tuple[WireRecord, ...]
    additional: tuple[WireRecord, ...]
    extended_errors: tuple[tuple[int, bytes], ...]
    edns: bool

    @property
    def is_response(self) -> bool:
        """QR is set, in a standard query (opcode 0)."""
        return bool(self.flags & QR) and not self.flags & _OPCODE


class Unfolding:
    """The names of one message. Each offset is read once, so pointers to pointers cost nothing."""

    def __init__(self, wire: bytes) -> None:
        self._wire = wire
        self._suffixes: dict[int, tuple[str, int]] = {}  # offset to text and size on the wire

    def name(self, offset: int) -> tuple[str, int]:
        """The name at `offset` in its text form, and the offset behind it. Raises WireError.

        A pointer may only lead backwards (RFC 1035 section 4.1.4: to a prior occurrence), so no name
        leads to itself.
        """
        labels: list[tuple[int, bytes]] = []  # labels and, empty, pointers on the way
        octets = 0
        end: int | None = None
        at, lowest = offset, offset
        while at not in self._suffixes:
            length = self._octet(at)
            if length >= _POINTER:
                target = (length & 0x3F) << 8 | self._octet(at + 1)
                end = at + 2 if end is None else end
                if target >= lowest:
                    raise WireError(WireFault.POINTER)
                labels.append((at, b""))
                at = lowest = target
            elif length == 0:
                self._suffixes[at] = ("", 1)
            elif length > names.LABEL_LIMIT:
                raise WireError(WireFault.LABEL)
            else:
                labels.append((at, self._slice(at + 1, length)))
                octets += 1 + length
                if octets > _NAME_ROOM:
                    raise WireError(WireFault.NAME_LENGTH)
                at += 1 + length
        text, size = self._suffixes[at]
        if end is None:
            end = self._behind(at)
        for start, label in reversed(labels):
            if label:
                size += len(label) + 1
                if size > _NAME_ROOM:
                    raise WireError(WireFault.NAME_LENGTH)
                own = names.from_labels((label,))
                text = f"{own}.{text}" if text else own
            self._suffixes[start] = (text, size)
        return text, end

    def _behind(self, at: int) -> int:
        """Where a name that is known ends in the octets: behind its zero or its first pointer."""
        while True:
            length = self._octet(at)
            if length >= _POINTER:
                return at + 2
            if length == 0:
                return at + 1
            at += 1 + length

    def _octet(self, at: int) -> int:
        if at >= len(self._wire):
            raise WireError(WireFault.NAME_END)
        return self._wire[at]

    def _slice(self, at: int, length: int) -> bytes:
        if at + length > len(self._wire):
            raise WireError(WireFault.NAME_END)
        return self._wire[at : at + length]


def read_message(wire: bytes, unfolding: Unfolding) -> WireMessage:
    """Read header and records; octets behind the last record are ignored. Raises WireError.

    With TC set nothing behind the questions is read: the message may end within a record, and what it
    holds is not to be used (RFC 2181 section 9).
    """
    if len(wire) < _HEADER.size:
        raise WireError(WireFault.HEADER)
    number, flags, *counts = _HEADER.unpack_from(wire)
    at = _HEADER.size
    questions = []
    for _ in range(counts[0]):
        name, at = unfolding.name(at)
        if at + 4 > len(wire):
            raise WireError(WireFault.QUESTION_END)
        rtype, rclass = struct.unpack_from("!HH", wire, at)
        questions.append((name, rtype, rclass))
        at += 4
    if flags & TC:
        return WireMessage(number, flags, flags & 0x0F, tuple(questions), (), (), (), (), False)
    sections: list[tuple[WireRecord, ...]] = []
    for count in counts[1:]:
        records = []
        for _ in range(count):
            record, at = _record(wire, at, unfolding)
            records.append(record)
        sections.append(tuple(records))
    answer, authority, additional = sections
    opt = next((record for record in additional if record.rtype == _OPT), None)
    upper, errors = (0, ()) if opt is None else _edns(wire, opt)
    rcode = upper << 4 | flags & 0x0F
    return WireMessage(
        number, flags, rcode, tuple(questions), answer, authority, additional, errors, edns=opt is not None
    )


def strings(data: bytes) -> Iterator[bytes]:
    """The character-strings of a TXT record (RFC 1035 section 3.3.14). Raises WireError."""
    if not data:
        raise WireError(WireFault.TXT_EMPTY)
    at = 0
    while at < len(data):
        length = data[at]
        if at + 1 + length > len(data):
            raise WireError(WireFault.STRING_LENGTH)
        yield data[at + 1 : at + 1 + length]
        at += 1 + length


def _record(wire: bytes, at: int, unfolding: Unfolding) -> tuple[WireRecord, int]:
    owner, at = unfolding.name(at)
    if at + _RECORD.size > len(wire):
        raise WireError(WireFault.RECORD_END)
    rtype, rclass, ttl, length = _RECORD.unpack_from(wire, at)
    start = at + _RECORD.size
    end = start + length
    if end > len(wire):
        raise WireError(WireFault.RECORD_END)
    return WireRecord(owner, rtype, rclass, ttl, start, end), end


def _edns(wire: bytes, opt: WireRecord) -> tuple[int, tuple[tuple[int, bytes], ...]]:
    """The upper bits of the response code and the extended errors (RFC 6891 section 6.1.3, RFC 8914), each
    once. An option that says that it goes on behind the record is not read."""
    errors: dict[tuple[int, bytes], None] = {}
    at = opt.start
    while at + 4 <= opt.end and len(errors) < _MOST_ERRORS:
        option, length = struct.unpack_from("!HH", wire, at)
        at += 4
        if option == _EDE and length >= 2 and at + length <= opt.end:
            code = struct.unpack_from("!H", wire, at)[0]
            errors[code, wire[at + 2 : at + min(length, 2 + _MOST_WORDS)]] = None
        at += length
    return opt.ttl >> 24, tuple(errors)
