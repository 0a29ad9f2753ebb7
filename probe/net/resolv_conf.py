"""Reads /etc/resolv.conf as the system's own resolver does: resolv.conf(5) and res_init.c of glibc.

A keyword is at the very beginning of a line, followed by a space or tab. An address ends at a space or tab;
IPv4 may be written in any form of inet_aton(3), IPv6 with the interface of a link-local address
(`fe80::1%eth0`, RFC 4007 section 11). Only the first three servers count. Invalid addresses are skipped and
reported. Of the options only `use-vc` is used: timeouts and retries are this program's own, and no search
list is ever applied.
"""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from probe._dataclass import dataclass, replace
from probe.model.observed import Gap
from probe.model.reason import Reason
from probe.model.target import DNS_PORT, Endpoint

SYSTEM = Path("/etc/resolv.conf")
LOCAL = Endpoint("127.0.0.1", 53)  # the server that glibc uses if the file names none
MOST = 3  # MAXNS of <resolv.h>
_SIZE = 1 << 16  # octets of the file that are read
_EXCERPT_LENGTH = 60  # characters of a line
_MOST_PROBLEMS = 10  # reported lines; enough for a file that is something else
_KEYWORD = b"nameserver"
_END = re.compile(rb"[ \t]")


@dataclass(frozen=True, slots=True)
class ResolverConfiguration:
    """The contents of the file. `servers` in their order, each once; `passed_over` why lines are ignored,
    each with its number (None: the whole file); `tcp`: use only TCP (use-vc)."""

    servers: tuple[Endpoint, ...]
    passed_over: tuple[Reason[Gap], ...] = ()
    tcp: bool = False


def read(path: Path = SYSTEM, *, most: int = MOST) -> ResolverConfiguration:
    """Read a file with at most `most` servers; an unreadable file counts as empty. Never raises."""
    try:
        if not path.is_file():
            return ResolverConfiguration((), (Reason(Gap.NO_FILE),))
        with path.open("rb") as source:
            data = source.read(_SIZE + 1)
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "")
        text = (error.strerror or str(error)).lower()
        return ResolverConfiguration((), (Reason(Gap.FILE_UNREADABLE, error=name, text=text),))
    if len(data) <= _SIZE:
        return parse(data, most=most)
    whole = data[: data.rfind(b"\n") + 1]
    configuration = parse(whole, most=most)
    unread = Reason(Gap.FILE_TOO_LARGE, line=whole.count(b"\n") + 1, most=_SIZE)
    return replace(configuration, passed_over=(*configuration.passed_over, unread))


def parse(
    data: bytes, index_of: Callable[[str], int] = socket.if_nametoindex, *, most: int = MOST
) -> ResolverConfiguration:
    """Parse the octets of a file, with at most `most` servers. `index_of` gives the index of an interface, or
    raises OSError."""
    servers: list[Endpoint] = []
    passed_over: list[Reason[Gap]] = []
    beyond: list[int] = []
    count, tcp = 0, False
    for number, line in enumerate(data.split(b"\n"), 1):
        text = line.partition(b"\0")[0]  # a C string ends there
        if text.startswith((b"options ", b"options\t")):
            tcp = tcp or any(word.startswith(b"use-vc") for word in _END.split(text)[1:])
        token = _server(text)
        if token is None:
            if text.strip().lower().startswith(_KEYWORD):
                passed_over.append(Reason(Gap.NO_KEYWORD, line=number, text=_escape(text)))
            continue
        server, obstacle = _read_address(token, index_of)
        count += server is not None
        if server is not None and count > most:
            beyond.append(number)
        elif obstacle is not None:
            passed_over.append(replace(obstacle, line=number))
        elif server is not None and server not in servers:
            servers.append(server)
    if beyond:
        passed_over.append(Reason(Gap.BEYOND_FIRST, line=beyond[0], more=len(beyond) - 1, most=most))
    return ResolverConfiguration(tuple(servers), tuple(_few(passed_over)), tcp)


def interface_index(zone: str, index_of: Callable[[str], int] = socket.if_nametoindex) -> int:
    """The index of the interface after the % of a link-local address, by name or number (RFC 4007 section
    11.2). Raises OSError where this machine has no such interface."""
    try:
        return index_of(zone)
    except (OSError, ValueError):  # ValueError of a name that no interface can have
        if zone.isascii() and zone.isdigit() and int(zone[:11]) < 1 << 32:
            return int(zone[:11])
    raise OSError(f"this machine has no interface {zone}")


def _server(text: bytes) -> bytes | None:
    """The value of the keyword; None for other lines."""
    if not text.startswith((_KEYWORD + b" ", _KEYWORD + b"\t")):
        return None
    return _END.split(text[len(_KEYWORD) :].lstrip(b" \t"), maxsplit=1)[0]


def _read_address(token: bytes, index_of: Callable[[str], int]) -> tuple[Endpoint | None, Reason[Gap] | None]:
    """The server, or why it is not used; both if the address is valid."""
    if not token:
        return None, Reason(Gap.NO_SERVER)
    text = token.decode("ascii", "backslashreplace")
    ipv4 = _ipv4(text)
    if ipv4 is not None:
        return Endpoint(str(ipv4), DNS_PORT), None
    plain, percent, interface = text.partition("%")
    try:
        address = IPv6Address(plain)
    except ValueError:
        return None, Reason(Gap.NO_IP, text=_escape(token))
    if not (address.is_link_local and percent):  # not a link-local address without an interface
        return Endpoint(str(address), DNS_PORT), None
    server = Endpoint(f"{address}%{interface}", DNS_PORT)
    try:
        interface_index(interface, index_of)
    except OSError:
        return server, Reason(Gap.NO_INTERFACE, error=interface, text=_escape(token))
    return server, None


def _ipv4(text: str) -> IPv4Address | None:
    """In any form of inet_aton(3), which takes white space behind it that res_init does not."""
    try:
        return IPv4Address(socket.inet_aton(text)) if text.split() == [text] else None
    except OSError:
        return None


def _few(passed_over: list[Reason[Gap]]) -> Iterator[Reason[Gap]]:
    yield from passed_over[:_MOST_PROBLEMS]
    if len(passed_over) > _MOST_PROBLEMS:
        yield Reason(
            Gap.MORE_LINES, line=passed_over[_MOST_PROBLEMS].line, more=len(passed_over) - _MOST_PROBLEMS - 1
        )


def _escape(text: bytes) -> str:
    readable = text.decode("ascii", "backslashreplace")
    return f"'{readable if len(readable) <= _EXCERPT_LENGTH else readable[:_EXCERPT_LENGTH] + '…'}'"
