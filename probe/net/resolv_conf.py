"""/etc/resolv.conf as the system's own resolver reads it: resolv.conf(5) and res_init.c of glibc.

A keyword stands at the very beginning of a line, with a space or tab behind it. An address ends at a space or
tab; IPv4 may be written in any form of inet_aton(3), IPv6 with the interface of a link-local address
(`fe80::1%eth0`, RFC 4007 section 11). Of the servers the first three count. What is no address is passed
over, and said to be so. Of the options only `use-vc` is heeded: how long is waited, and how often, are this
program's own budgets, and no search list is ever applied.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from probe.model.target import DNS_PORT, Endpoint

SYSTEM = Path("/etc/resolv.conf")
LOCAL = Endpoint("127.0.0.1", 53)  # whom glibc asks where the file names no server
MOST = 3  # MAXNS of <resolv.h>
_SIZE = 1 << 16  # octets of the file that are read
_SHOWN = 60  # characters of a line
_TOLD = 10  # lines that are passed over; of a file that holds anything else this is enough
_KEYWORD = b"nameserver"
_END = re.compile(rb"[ \t]")
_UNREAD = "is not read: `nameserver` stands at the beginning of a line, with a space and an address behind it"


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A line that names no server that can be asked: where it stands, and why, as a clause."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Configured:
    """What the file says. `servers` in their order, each once; `passed_over` the lines that are not heeded;
    `tcp` that questions go over TCP alone (use-vc)."""

    servers: tuple[Endpoint, ...]
    passed_over: tuple[PassedOver, ...] = ()
    tcp: bool = False


def read(path: Path = SYSTEM, *, most: int = MOST) -> Configured:
    """What a file says of its first `most` servers; one that cannot be read says nothing, and line 0 why.
    Never raises."""
    try:
        if not path.is_file():
            return Configured((), (PassedOver(0, "there is no such file"),))
        with path.open("rb") as source:
            data = source.read(_SIZE + 1)
    except OSError as error:
        return Configured(
            (), (PassedOver(0, f"it cannot be read: {(error.strerror or str(error)).lower()}"),)
        )
    if len(data) <= _SIZE:
        return parse(data, most=most)
    whole = data[: data.rfind(b"\n") + 1]
    found = parse(whole, most=most)
    unread = PassedOver(
        whole.count(b"\n") + 1, f"what follows is not read: the file is larger than {_SIZE} octets"
    )
    return replace(found, passed_over=(*found.passed_over, unread))


def parse(
    data: bytes, index_of: Callable[[str], int] = socket.if_nametoindex, *, most: int = MOST
) -> Configured:
    """What the octets of a file say of its first `most` servers. `index_of` gives the index of an interface,
    or raises OSError."""
    servers: list[Endpoint] = []
    passed_over: list[PassedOver] = []
    beyond: list[int] = []
    named, tcp = 0, False
    for number, line in enumerate(data.split(b"\n"), 1):
        text = line.partition(b"\0")[0]  # a string of C ends there
        if text.startswith((b"options ", b"options\t")):
            tcp = tcp or any(word.startswith(b"use-vc") for word in _END.split(text)[1:])
        token = _server(text)
        if token is None:
            if text.strip().lower().startswith(_KEYWORD):
                passed_over.append(PassedOver(number, f"{_shown(text)} {_UNREAD}"))
            continue
        server, obstacle = _read_address(token, index_of)
        named += server is not None
        if server is not None and named > most:
            beyond.append(number)
        elif obstacle:
            passed_over.append(PassedOver(number, obstacle))
        elif server is not None and server not in servers:
            servers.append(server)
    if beyond:
        more = f" and {len(beyond) - 1} further ones" if len(beyond) > 1 else ""
        told = f"this server{more} are not asked" if more else "this server is not asked"
        passed_over.append(PassedOver(beyond[0], f"{told}: the system's own resolver asks the first {most}"))
    return Configured(tuple(servers), tuple(_few(passed_over)), tcp)


def interface_index(named: str, index_of: Callable[[str], int] = socket.if_nametoindex) -> int:
    """The index of the interface that stands behind the % of a link-local address, by name or number
    (RFC 4007 section 11.2). Raises OSError where this machine has no such interface."""
    try:
        return index_of(named)
    except (OSError, ValueError):  # ValueError of a name that no interface can have
        if named.isascii() and named.isdigit() and int(named[:11]) < 1 << 32:
            return int(named[:11])
    raise OSError(f"this machine has no interface {named}")


def _server(text: bytes) -> bytes | None:
    """What stands behind the keyword; None where the line is about something else."""
    if not text.startswith((_KEYWORD + b" ", _KEYWORD + b"\t")):
        return None
    return _END.split(text[len(_KEYWORD) :].lstrip(b" \t"), maxsplit=1)[0]


def _read_address(token: bytes, index_of: Callable[[str], int]) -> tuple[Endpoint | None, str]:
    """The server and an empty text, or why it is not asked; both where the address is one."""
    if not token:
        return None, "it names no address"
    text = token.decode("ascii", "backslashreplace")
    ipv4 = _ipv4(text)
    if ipv4 is not None:
        return Endpoint(str(ipv4), DNS_PORT), ""
    plain, percent, interface = text.partition("%")
    try:
        address = IPv6Address(plain)
    except ValueError:
        return None, f"{_shown(token)} is no IP address; a name or a port has no place there"
    if not (address.is_link_local and percent):  # it needs no interface
        return Endpoint(str(address), DNS_PORT), ""
    server = Endpoint(f"{address}%{interface}", DNS_PORT)
    try:
        interface_index(interface, index_of)
    except OSError as error:
        return server, f"{_shown(token)}: {error}"
    return server, ""


def _ipv4(text: str) -> IPv4Address | None:
    """In any form of inet_aton(3), which takes white space behind it that res_init does not."""
    try:
        return IPv4Address(socket.inet_aton(text)) if text.split() == [text] else None
    except OSError:
        return None


def _few(passed_over: list[PassedOver]) -> Iterator[PassedOver]:
    yield from passed_over[:_TOLD]
    if len(passed_over) > _TOLD:
        yield PassedOver(
            passed_over[_TOLD].line, f"this line and {len(passed_over) - _TOLD - 1} more name none"
        )


def _shown(text: bytes) -> str:
    shown = text.decode("ascii", "backslashreplace")
    return f"'{shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}'"
