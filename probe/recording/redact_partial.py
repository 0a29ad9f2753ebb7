"""Addresses of a run of which only a part is written: 192.0.2., 192.0.2.x, x.x.2.1, 192-0-2, 2001:db8:1:."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from probe.model.address import IPAddress
from probe.recording.pseudonyms import Pseudonyms

_PART = r"(?:[0-9]{1,3}|[xX*]{1,3})"
_DOTTED = re.compile(rf"(?<![A-Za-z0-9.*]){_PART}(?:\.{_PART}){{1,3}}(?![A-Za-z0-9*]|\.[0-9])")
_JOINED = re.compile(r"(?<![A-Za-z0-9])[0-9]{1,3}([-_])[0-9]{1,3}\1[0-9]{1,3}(?![A-Za-z0-9]|\1[0-9])")
_V6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){1,6}(?![0-9A-Fa-f])")
# Numbers that may also be a version, a decimal or an enhanced status (RFC 3463 section 2) count as a part of
# an address if it is visibly cut off; in the place of a status they are one.
_STATUS = re.compile(r"[245]\.[0-9]\.[0-9]{1,3}")
_STATUS_BEFORE = re.compile(r"(?:^|[#(])\s*$")
_CUT_OFF = re.compile(r"\.(?:[\s\])/,;:]|$)|/[0-9]")

_Parts = tuple[str | None, ...]


class PartialAddresses:
    """Looks up parts of the addresses of `originals`. An index for each choice of parts is made when it is
    first asked for: time and memory are proportional to the number of addresses."""

    def __init__(self, originals: Pseudonyms, pseudonyms: Pseudonyms) -> None:
        self._originals = {4: list[IPAddress](), 6: list[IPAddress]()}
        for ip in originals.addresses():
            self._originals[ip.version].append(ip)
        self._pseudonyms = pseudonyms
        self._indexes: dict[tuple[int, tuple[bool, ...]], dict[_Parts, IPAddress]] = {}

    def replace_parts(self, text: str) -> str:
        """The text with the parts of the pseudonym in their place."""
        if self._originals[4]:
            text = _JOINED.sub(self._joined, _DOTTED.sub(self._dotted, text))
        return _V6.sub(self._groups, text) if self._originals[6] and ":" in text else text

    def _dotted(self, match: re.Match[str]) -> str:
        parts = match[0].split(".")
        numbers = [part if part.isdigit() else None for part in parts]
        if None not in numbers and (len(numbers) == 4 or _is_no_address(match)):
            return match[0]
        fresh = self._v4(numbers)
        return ".".join(new or old for new, old in zip(fresh, parts, strict=True))

    def _joined(self, match: re.Match[str]) -> str:
        parts = match[0].split(match[1])
        return match[1].join(new or old for new, old in zip(self._v4(parts), parts, strict=True))

    def _v4(self, parts: Sequence[str | None]) -> Sequence[str | None]:
        """The parts of the pseudonym, in normal order, or reversed as in the name of a reverse zone."""
        gap = (None,) * (4 - len(parts))
        for order in (1, -1):
            digits = tuple(parts[::order])
            # x.2.1: the omitted part is in front
            whole = (*gap, *digits) if digits[0] is None else (*digits, *gap)
            ip = self._find(4, whole)
            if ip is not None:
                fresh = _parts(self._pseudonyms.address(ip))
                part = fresh[-len(digits) :] if digits[0] is None else fresh[: len(digits)]
                octets = [new if old is not None else None for new, old in zip(part, digits, strict=True)]
                return octets[::order]
        return [None] * len(parts)

    def _groups(self, match: re.Match[str]) -> str:
        groups = match[0].split(":")
        hextets = [f"{int(group, 16):x}" for group in groups]
        for count in range(len(hextets), 1, -1):
            ip = self._find(6, (*hextets[:count], *(None,) * (8 - count)))
            if ip is not None:
                return ":".join((*_parts(self._pseudonyms.address(ip))[:count], *groups[count:]))
        return match[0]

    def _find(self, version: int, whole: _Parts) -> IPAddress | None:
        pattern = tuple(part is not None for part in whole)
        if not any(pattern):
            return None
        if (version, pattern) not in self._indexes:
            self._indexes[version, pattern] = {
                _mask(_parts(ip), pattern): ip for ip in reversed(self._originals[version])
            }
        return self._indexes[version, pattern].get(whole)


def _is_no_address(match: re.Match[str]) -> bool:
    """Whether two or three numbers are something else, judged by the text before and after them."""
    numbers, rest = match[0].count(".") + 1, match.string[match.end() : match.end() + 2]
    if numbers == 3 and _STATUS.fullmatch(match[0]):
        if _STATUS_BEFORE.search(match.string[: match.start()][-4:]):
            return True
        return _CUT_OFF.match(rest) is None
    return numbers == 2 and _CUT_OFF.match(rest) is None


def _mask(parts: Sequence[str], pattern: tuple[bool, ...]) -> _Parts:
    return tuple(part if is_told else None for part, is_told in zip(parts, pattern, strict=True))


def _parts(ip: IPAddress) -> list[str]:
    if isinstance(ip, IPv4Address):
        return str(ip).split(".")
    assert isinstance(ip, IPv6Address)
    return [f"{int(group, 16):x}" for group in ip.exploded.split(":")]
