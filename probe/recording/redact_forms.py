"""Addresses of a run in notations that address parsers do not accept."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from probe.model.address import IPAddress
from probe.recording.pseudonyms import Pseudonyms

_PART = r"(?:0[xX][0-9A-Fa-f]{1,2}|[0-9]{1,4})"
_BETWEEN = r"\.|_|-|,|\\\.|\[\.\]|\(\.\)|\[dot\]"
_QUAD = re.compile(
    rf"(?<![A-Za-z0-9.])(?P<a>{_PART})(?P<between>{_BETWEEN})(?P<b>{_PART})(?P=between)(?P<c>{_PART})"
    rf"(?P=between)(?P<d>{_PART})(?![A-Za-z0-9]|\.[0-9])"
)
# The address as one number: 0xc0000201, c0000201, 3221225985, 32 hexadecimal digits
_NUMBER = re.compile(
    r"(?<![\w.])(?:(?P<hex>(?:0[xX])?(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}))|[0-9]{9,10}|[0-9]{12})(?![\w])"
)
# 32 hexadecimal digits separated by dots, reversed as in a reverse zone, or in normal order
_NIBBLES = re.compile(r"(?<![\w.])[0-9A-Fa-f](?:\.[0-9A-Fa-f]){31}(?![\w])")
# c000:201, the end of ::ffff:c000:201
_PAIR = re.compile(r"(?<![\w:])([0-9A-Fa-f]{1,4}):([0-9A-Fa-f]{1,4})(?![\w:])")
_DASHED_V6 = re.compile(r"(?<![\w-])(?:[0-9A-Fa-f]{0,4}-){2,7}[0-9A-Fa-f]{0,4}(?![\w-])")


def odd_addresses(text: str, pseudonyms: Pseudonyms, originals: Pseudonyms) -> str:
    """Rewrite the addresses of the run in unusual notations. Four numbers with dots are always an address,
    also octal and hexadecimal ones."""

    def quad(match: re.Match[str]) -> str:
        parts, between = match.group("a", "b", "c", "d"), match["between"]
        readings = [ip for ip in (_as_c_reads(parts), _as_decimal(parts)) if ip is not None]
        original = next((ip for ip in readings if originals.has_address(ip)), None)
        if original is None and between == "." and readings and any(_is_odd(part) for part in parts):
            original = readings[0]
        return match[0] if original is None else str(pseudonyms.address(original)).replace(".", between)

    def number(match: re.Match[str]) -> str:
        for ip in _numbered(match):
            if originals.has_address(ip):
                return _like(match[0], pseudonyms.address(ip), is_hex=match["hex"] is not None)
        return match[0]

    def nibbles(match: re.Match[str]) -> str:
        digits = match[0].replace(".", "")
        for order in (-1, 1):
            ip = IPv6Address(int(digits[::order], 16))
            if originals.has_address(ip):
                return ".".join(f"{int(pseudonyms.address(ip)):032x}"[::order])
        return match[0]

    def pair(match: re.Match[str]) -> str:
        ip = IPv4Address(int(match[1], 16) << 16 | int(match[2], 16))
        if not originals.has_address(ip):
            return match[0]
        fresh = int(pseudonyms.address(ip))
        return f"{fresh >> 16:x}:{fresh & 0xFFFF:x}"

    def dashed(match: re.Match[str]) -> str:
        ip = _address(match[0].replace("-", ":"))
        if ip is None or not originals.has_address(ip):
            return match[0]
        return str(pseudonyms.address(ip)).replace(":", "-")

    text = _QUAD.sub(quad, text)
    text = _NUMBER.sub(number, text)
    text = _NIBBLES.sub(nibbles, text)
    if ":" in text:
        text = _PAIR.sub(pair, text)
    return _DASHED_V6.sub(dashed, text) if "-" in text else text


def _is_odd(part: str) -> bool:
    return len(part) > 1 and part.startswith("0")


def _as_c_reads(parts: tuple[str | None, ...]) -> IPv4Address | None:
    """As inet_aton does: 0x is hexadecimal, a leading 0 octal."""
    numbers = []
    for part in parts:
        base = 16 if part is None or part[:2].lower() == "0x" else 8 if _is_odd(part) else 10
        try:
            numbers.append(int(part or "", base))
        except ValueError:
            return None
    return _of_octets(numbers)


def _as_decimal(parts: tuple[str | None, ...]) -> IPv4Address | None:
    if not all(part is not None and part.isdigit() for part in parts):
        return None
    return _of_octets([int(part or "") for part in parts])


def _of_octets(numbers: list[int]) -> IPv4Address | None:
    return IPv4Address(bytes(numbers)) if max(numbers) <= 255 else None


def _numbered(match: re.Match[str]) -> list[IPAddress]:
    digits = match[0].lower().removeprefix("0x")
    if len(digits) == 32:
        return [IPv6Address(int(digits, 16))]
    if len(digits) == 12:  # 192000002001
        address = _of_octets([int(digits[at : at + 3]) for at in range(0, 12, 3)])
        return [address] if address is not None else []
    readings = [int(digits, 16)] if match["hex"] is not None else []
    readings += [int(digits)] if digits.isdigit() and not match[0].lower().startswith("0x") else []
    return [IPv4Address(value) for value in readings if value < 1 << 32]


def _like(text: str, fresh: IPAddress, *, is_hex: bool) -> str:
    if not is_hex and len(text) == 12:
        return "".join(f"{octet:03d}" for octet in fresh.packed)
    if not is_hex:
        return str(int(fresh))
    prefix = "0x" if text[:2].lower() == "0x" else ""
    return f"{prefix}{int(fresh):0{len(text) - len(prefix)}x}"


def _address(text: str) -> IPAddress | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
