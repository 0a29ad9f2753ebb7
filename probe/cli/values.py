"""Option values from text. Every function takes the option's name and its value, and returns the converted
value or raises UsageError with one line that says what is wrong."""

from __future__ import annotations

import math
import os
from ipaddress import IPv6Address
from pathlib import Path
from typing import TypeVar

from probe._dataclass import replace
from probe._enum import StrEnum
from probe._regex import regex
from probe.cli.errors import UsageError, refuse_outlook, unreadable
from probe.model.address import AddressError, IPAddress, Mailbox, ReversePath
from probe.model.address_parse import (
    describe,
    parse_domain,
    parse_endpoint,
    parse_ip,
    parse_mailbox,
    parse_reverse_path,
)
from probe.model.target import DNS_PORT, Endpoint

Choice = TypeVar("Choice", bound=StrEnum)

# A client's name for itself, wrong ones too: one label, underscores
_HELO = regex(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")
# ADDRESS%INTERFACE and [ADDRESS%INTERFACE]:PORT
_SCOPED = regex(r"(\[)?(?P<ip>[0-9A-Fa-f:.]+)%(?P<interface>[^]%/:\s]+)(?(1)\](?P<port>:.*)?)")
_DIGITS = regex(r"[0-9]{1,18}")
# A selector is one or more labels in front of ._domainkey (RFC 6376 section 3.1)
_SELECTOR = regex(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*")


def choice(subject: str, value: str, kind: type[Choice]) -> Choice:
    """One word of a closed vocabulary."""
    try:
        return kind(value)
    except ValueError:
        choices = ", ".join(member.value for member in kind)
        raise UsageError(subject, f"{value!r} is not one of {choices}") from None


def sender(value: str) -> ReversePath:
    """SENDER: a mailbox, or `<>` for the null reverse-path."""
    try:
        return parse_reverse_path(value)
    except AddressError as error:
        raise UsageError("SENDER", describe(error)) from None


def mailbox(subject: str, value: str) -> Mailbox:
    """An address."""
    try:
        return parse_mailbox(value)
    except AddressError as error:
        raise UsageError(subject, describe(error)) from None


def domain(subject: str, value: str) -> str:
    """A domain as A-labels, or an address literal in brackets."""
    try:
        return parse_domain(value)[0]
    except AddressError as error:
        raise UsageError(subject, describe(error)) from None


def helo(subject: str, value: str) -> str:
    """The EHLO name: a domain or an address literal. A name that is not an FQDN is kept unchanged, because
    the answer of a server to a badly configured client is of interest."""
    return value if _HELO.fullmatch(value) else domain(subject, value)


def zone(subject: str, value: str) -> str:
    """A blocklist zone: a domain, no literal."""
    name = domain(subject, value)
    if name.startswith("["):
        raise UsageError(subject, f"{value} is an address literal; a blocklist is a domain name")
    return name


def ip(subject: str, value: str) -> IPAddress:
    """An IPv4 or IPv6 address. IPv4 inside IPv6 (::ffff:192.0.2.1) is the IPv4 address, as in SPF, PTR and
    blocklists."""
    try:
        address = parse_ip(value)
    except AddressError as error:
        raise UsageError(subject, describe(error)) from None
    ipv4 = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return ipv4 or address


def endpoint(subject: str, value: str, default_port: int) -> Endpoint:
    """HOST[:PORT]."""
    try:
        return parse_endpoint(value, default_port)
    except AddressError as error:
        raise UsageError(subject, describe(error)) from None


def nameserver(subject: str, value: str) -> Endpoint:
    """IP[:PORT]: a resolver is asked by address, it cannot resolve its own name. A link-local address needs
    the interface that it is reached by (RFC 4007 section 11): fe80::1%eth0, [fe80::1%eth0]:53."""
    match = _SCOPED.fullmatch(value)
    if "%" in value and match is None:
        raise UsageError(subject, f"{value}: write ADDRESS%INTERFACE, or [ADDRESS%INTERFACE]:PORT")
    plain = f"[{match['ip']}]{match['port'] or ''}" if match else value
    server = endpoint(subject, plain, DNS_PORT)
    try:
        ip = parse_ip(server.host)
    except AddressError:
        raise UsageError(subject, f"{value} is a name; give the resolver's address: IP or IP:PORT") from None
    if isinstance(ip, IPv6Address) and ip.is_link_local:
        interface = match["interface"] if match else ""
        return replace(server, host=f"{ip}%{_interface(subject, value, interface)}")
    if match:
        raise UsageError(subject, f"{value}: only a link-local address (fe80::/10) has an interface behind %")
    return server


def _interface(subject: str, value: str, name: str) -> str:
    """An interface of this machine, by name or number."""
    import socket

    from probe.net.resolv_conf import interface_index

    names = ", ".join(names for _, names in socket.if_nameindex())
    if not name:
        raise UsageError(subject, f"{value} is link-local: write ADDRESS%INTERFACE; there is {names}")
    try:
        interface_index(name)
    except OSError as error:
        raise UsageError(subject, f"{value}: {error}; there is {names}") from None
    return name


def port(subject: str, value: str) -> int:
    """1 to 65535."""
    number = _whole_number(value)
    if number is None or not 1 <= number <= 65535:
        raise UsageError(subject, f"{value!r} is not a port; give a number from 1 to 65535")
    return number


def size(subject: str, value: str) -> int:
    """Octets, 0 or more."""
    number = _whole_number(value)
    if number is None:
        raise UsageError(subject, f"{value!r} is not a size; give a whole number of bytes, 0 or more")
    return number


def _whole_number(value: str) -> int | None:
    # int() alone would take "2_5", " 25" and digits of other scripts
    return int(value) if _DIGITS.fullmatch(value) else None


def timeout(subject: str, value: str) -> float:
    """Seconds, more than 0."""
    try:
        seconds = float(value) if value.isascii() and "_" not in value else math.nan
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise UsageError(subject, f"{value!r} is not a time; give seconds, more than 0")
    return seconds


def selector(subject: str, value: str) -> str:
    """A DKIM selector: DNS labels, in lower case."""
    if not _SELECTOR.fullmatch(value) or len(value) > 200:
        raise UsageError(subject, f"{value!r} is not a DKIM selector; give the s= of DKIM-Signature")
    return value.lower()


def input_file(subject: str, value: str, limit: int, way_out: str) -> bytes:
    """The content of a file of at most `limit` octets; `way_out` says what to do with a larger one."""
    data = input_start(subject, value, limit + 1)
    if len(data) > limit:
        raise UsageError(subject, f"{value} is larger than {limit} bytes, all that is read; {way_out}")
    return data


def input_start(subject: str, value: str, limit: int) -> bytes:
    """The first `limit` octets of a file that is not empty."""
    try:
        with Path(value).open("rb") as stream:
            data = stream.read(limit)
    except OSError as error:
        raise unreadable(subject, value, error) from None
    if not data:
        raise UsageError(subject, f"{value} is empty; give a message as it was sent or received")
    refuse_outlook(subject, value, data)
    return data


def text_file(subject: str, value: str, limit: int) -> str:
    """The text of a file in UTF-8 of at most `limit` octets; an empty one is no error."""
    try:
        with Path(value).open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise unreadable(subject, value, error) from None
    if len(data) > limit:
        raise UsageError(subject, f"{value} is larger than {limit} bytes, all that is read of such a file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(subject, f"{value} is no text in UTF-8 (octet {error.start + 1})") from None


def output_file(subject: str, value: str) -> Path:
    """A writable file; checked before a long run, not after it."""
    path = Path(value)
    try:
        if path.is_dir():
            raise UsageError(subject, f"cannot write {value}: is a directory")
        place = path if path.exists() else path.parent
        if not place.exists():
            raise UsageError(subject, f"cannot write {value}: there is no directory {path.parent}")
    except OSError as error:
        raise unreadable(subject, value, error, verb="write") from None
    if not os.access(place, os.W_OK):
        raise UsageError(subject, f"cannot write {value}: permission denied")
    return path


def output_directory(subject: str, value: str) -> Path:
    """A directory that takes a new file."""
    path = Path(value)
    try:
        if not path.is_dir():
            raise UsageError(subject, f"cannot write {value}: there is no such directory")
    except OSError as error:
        raise unreadable(subject, value, error, verb="write") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise UsageError(subject, f"cannot write {value}: permission denied")
    return path
