"""Converts the values that a person writes in Python for the fields of `Options`: texts for addresses and
enum members, lists for tuples; with one clear error that names the field."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Any, TypeVar

from probe._enum import StrEnum
from probe.model.address import AddressError, IPAddress, Mailbox
from probe.model.address_parse import describe, parse_endpoint, parse_ip, parse_mailbox
from probe.model.endpoint import DNS_PORT, Endpoint

Word = TypeVar("Word", bound=StrEnum)
_NAME_LIMIT = 2000  # characters, as in a recording


class _WrongError(Exception):
    """What is wrong with a value, in one clause."""


def ip(value: Any) -> IPAddress:
    """An address, or its text. IPv4 inside IPv6 (::ffff:192.0.2.1) is the IPv4 address."""
    if isinstance(value, str):
        value = _parse(parse_ip, value)
    if not isinstance(value, IPv4Address | IPv6Address):
        raise _WrongError(f"{value!r} is not an IPv4 or IPv6 address")
    return (value.ipv4_mapped or value) if isinstance(value, IPv6Address) else value


def mailbox(value: Any) -> Mailbox:
    """A mailbox, or its text."""
    if isinstance(value, str):
        return _parse(parse_mailbox, value)
    if not isinstance(value, Mailbox):
        raise _WrongError(f"{value!r} is not an address such as 'bob@example.com'")
    return value


def endpoint(default_port: int) -> Callable[[Any], Endpoint]:
    """A host with a port, or the text of one; the port may be left out."""

    def read(value: Any) -> Endpoint:
        if isinstance(value, IPv4Address | IPv6Address):
            return Endpoint(str(value), default_port)
        if isinstance(value, str):
            if "%" in value:  # of a link-local address (RFC 4007 section 11): kept unchanged
                return Endpoint(value, default_port)
            return _parse(lambda text: parse_endpoint(text, default_port), value)
        if not isinstance(value, Endpoint):
            raise _WrongError(f"{value!r} is not a host such as 'mx.example.net:25'")
        return value

    return read


def several(read: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Some of them, or one."""

    def read_all(value: Any) -> tuple[Any, ...]:
        is_one = isinstance(value, str) or not isinstance(value, Iterable)
        return tuple(read(item) for item in ((value,) if is_one else value))

    return read_all


def word(kind: type[Word]) -> Callable[[Any], Word]:
    """A word of a closed vocabulary, or its text."""

    def read(value: Any) -> Word:
        try:
            return kind(value)
        except ValueError:
            raise _WrongError(f"{value!r} is not one of {', '.join(kind)}") from None

    return read


def name(value: Any) -> str:
    """A name that is sent, or asked for: no white space, no controls."""
    if not isinstance(value, str):
        raise _WrongError(f"{value!r} is not text")
    if not value or len(value) > _NAME_LIMIT or any(char <= " " or char == "\x7f" for char in value):
        raise _WrongError(f"{value[:80]!r} is not a name")
    return value


def text(value: Any) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise _WrongError(f"{value!r} is not text")
    return value


def switch(value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise _WrongError(f"{value!r} is neither True nor False")
    return value


def whole(least: int, most: int | None = None) -> Callable[[Any], int]:
    """A whole number."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _WrongError(f"{value!r} is not a whole number")
        if value < least or (most is not None and value > most):
            bounds = f"{least} or more" if most is None else f"{least} to {most}"
            raise _WrongError(f"{value} is out of range; give {bounds}")
        return value

    return read


def seconds(value: Any) -> float:
    """A time, more than 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _WrongError(f"{value!r} is not a number of seconds")
    if not (math.isfinite(value) and value > 0):
        raise _WrongError(f"{value} is not a time; give seconds, more than 0")
    return float(value)


def optional(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same, or None."""
    return lambda value: None if value is None else read(value)


def families(value: Any) -> tuple[int, ...]:
    """4, 6 or both."""
    chosen = several(whole(0))(value)
    if not chosen or set(chosen) - {4, 6}:
        raise _WrongError(f"{value!r} is not 4, 6 or (4, 6)")
    return chosen


def set_fields(target: object, readers: Mapping[str, Callable[[Any], Any]]) -> None:
    """Convert each field of a frozen dataclass. Raises ValueError, whose text begins with the class and the
    field."""
    for field, read in readers.items():
        before = getattr(target, field)
        try:
            value = read(before)
        except _WrongError as error:
            raise ValueError(f"{type(target).__name__}.{field}: {error}") from None
        if value is not before:
            object.__setattr__(target, field, value)


T = TypeVar("T")


def _parse(parse: Callable[[str], T], value: str) -> T:
    try:
        return parse(value)
    except AddressError as error:
        raise _WrongError(describe(error)) from None


ENDPOINT, NAMESERVER = endpoint(25), endpoint(DNS_PORT)
