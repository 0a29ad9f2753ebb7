"""Domain names: their text form, the limits of RFC 1035, reverse names, subdomains.

The text form used throughout is lower-case A-labels without a trailing dot. An octet that has no
plain form (a dot inside a label, a space, anything outside printable ASCII) is written as RFC 1035
section 5.1 writes it: `\\.`, `\\\\` or `\\DDD`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address

from probe._regex import regex
from probe.model.address import IPAddress
from probe.model.answer_fault import AnswerFault, AnswerWhy

LABEL_LIMIT = 63  # octets, RFC 1035 section 2.3.4
NAME_LIMIT = 253  # octets of the text form; 255 on the wire, RFC 1035 section 2.3.4

_HOST_LABEL = regex(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)
_PLAIN = regex(rb"[!-\-/-\[\]-~]*")  # octets that stand for themselves
_ESCAPE = regex(r"\\([0-9]{3})|\\(.)|([^\\])", re.ASCII | re.DOTALL)


class BadNameError(ValueError):
    """A text that cannot be a domain name; `why` says what is wrong with it."""

    def __init__(self, why: AnswerWhy) -> None:
        super().__init__(why.tag.value)
        self.why = why


def normal(name: str) -> str:
    """Lower case (ASCII only, RFC 4343), without one trailing dot."""
    if name.isascii():
        lower = name.lower()
    else:
        lower = "".join(char.lower() if char.isascii() else char for char in name)
    return lower[:-1] if lower.endswith(".") and not lower.endswith("\\.") else lower


def from_labels(labels: Sequence[bytes]) -> str:
    """The text form of labels (the empty root label at the end is left out)."""
    return ".".join(_label_text(label) for label in labels if label)


def _label_text(label: bytes) -> str:
    if _PLAIN.fullmatch(label):
        return label.decode("ascii").lower()
    return "".join(_octet_text(octet) for octet in label).lower()


def _octet_text(octet: int) -> str:
    char = chr(octet)
    if char in ".\\":
        return f"\\{char}"
    return char if 0x21 <= octet <= 0x7E else f"\\{octet:03d}"


def to_labels(name: str) -> tuple[bytes, ...]:
    """The labels of a name in text form, without the root; () is the root itself.

    Raises BadNameError for an empty label, a label over 63 octets, a name over 255 octets on the
    wire, a character outside ASCII, or a broken escape.
    """
    if name in ("", "."):
        return ()
    if name.isascii() and "\\" not in name:
        plain = tuple(normal(name).encode("ascii").split(b"."))
        _check(plain)
        return plain
    labels: list[bytes] = []
    current = bytearray()
    for char, octet in _octets(normal(name)):
        if char == ".":
            labels.append(bytes(current))
            current.clear()
        else:
            current.append(octet)
    labels.append(bytes(current))
    _check(labels)
    return tuple(labels)


def _octets(name: str) -> Iterator[tuple[str, int]]:
    """Each octet of a text form; the first item is "." only for a separating dot."""
    position = 0
    while position < len(name):
        match = _ESCAPE.match(name, position)
        if match is None:
            raise BadNameError(AnswerWhy(AnswerFault.OPEN_ESCAPE))
        code, quoted_char, plain = match.groups()
        position = match.end()
        octet = int(code) if code else ord(quoted_char or plain)
        if octet > 255 or (not code and octet > 127):
            raise BadNameError(AnswerWhy(AnswerFault.NOT_ASCII))
        yield (plain or ""), octet


def _check(labels: Sequence[bytes]) -> None:
    lengths = [len(label) for label in labels]
    longest = max(lengths)
    if not min(lengths):
        raise BadNameError(AnswerWhy(AnswerFault.EMPTY_LABEL))
    if longest > LABEL_LIMIT:
        raise BadNameError(AnswerWhy(AnswerFault.LONG_LABEL, octets=longest, most=LABEL_LIMIT))
    if sum(lengths) + len(lengths) + 1 > NAME_LIMIT + 2:
        raise BadNameError(AnswerWhy(AnswerFault.LONG_NAME, most=NAME_LIMIT))


def why_bad_name(name: str) -> AnswerWhy | None:
    """Why this cannot be a domain name; None when it can."""
    try:
        to_labels(name)
    except BadNameError as error:
        return error.why
    return None


def is_fqdn(name: str) -> bool:
    """Whether this is a fully qualified host name as RFC 5321 section 2.3.5 wants it.

    Two labels or more, each of letters, digits and inner hyphens (RFC 1123 section 2.1), the last
    one not all digits (that would be an address, RFC 3696 section 2).
    """
    labels = normal(name).split(".")
    if len(labels) < 2 or len(normal(name)) > NAME_LIMIT:
        return False
    return all(_HOST_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()


def reverse_name(ip: IPAddress) -> str:
    """The name that holds the PTR of an address (RFC 1035 section 3.5, RFC 3596 section 2.5)."""
    return ip.reverse_pointer


def address_of_reverse_name(name: str) -> IPAddress | None:
    """The address whose PTR a name holds; None for any other name."""
    labels = normal(name).lower().split(".")
    try:
        if labels[-2:] == ["in-addr", "arpa"] and len(labels) == 6:
            return IPv4Address(".".join(reversed(labels[:4])))
        if labels[-2:] == ["ip6", "arpa"] and len(labels) == 34 and all(len(it) == 1 for it in labels[:32]):
            return IPv6Address(int("".join(reversed(labels[:32])), 16))
    except ValueError:
        return None
    return None


def is_subdomain(name: str, parent: str) -> bool:
    """Whether `name` is `parent` or lies below it; False when either is no domain name."""
    try:
        low, high = to_labels(normal(name)), to_labels(normal(parent))
    except BadNameError:
        return False
    return len(low) >= len(high) and low[len(low) - len(high) :] == high
