"""Addresses as bounces write them: in brackets, with a type, with a remark behind."""

from __future__ import annotations

import re
from functools import lru_cache

from probe._regex import regex

_TYPE = regex(r"[A-Za-z0-9._-]{1,40}")
_MAILBOX = regex(
    r"(?P<mailbox>\"[^\"\r\n]{1,128}\"@[^\s<>()\[\],;:\"']{1,255}"
    r"|[^\s<>()\[\],;:\"'\u3000-\u303f\uff00-\uffef]{1,128}@(?:\[[0-9A-Fa-f.:vVIP]{2,60}\]|[^\s<>()\[\],;:\"'\u3000-\u303f\uff00-\uffef]{1,255}))"
)
_REMEMBERED = 320  # characters: longer texts are not remembered
_UNICODE = regex(r"\\x\{([0-9A-F]{2,6})\}")


def split_type(value: str) -> tuple[str, str]:
    """Split `type; value` of RFC 3464 section 2.1.2; the type is lower case, empty when there is none."""
    kind, semicolon, rest = value.partition(";")
    kind = kind.strip()
    if semicolon and _TYPE.fullmatch(kind):
        return kind.lower(), rest.strip()
    return "", value.strip()


def mailbox(text: str) -> str:
    """The first thing with an @ in `text`, without brackets and `mailto:`; empty when there is none."""
    if "@" not in text:
        return ""
    return _first_once(text) if len(text) <= _REMEMBERED else _first(text)


def _first(text: str) -> str:
    match = _MAILBOX.search(text.replace("mailto:", " "))
    return trim(match.group("mailbox")) if match else ""


_first_once = lru_cache(maxsize=512)(_first)
"""The addresses of a bounce are read several times, those of its reporter in many bounces."""


def mailboxes(text: str, most: int = 200) -> tuple[str, ...]:
    """All distinct mailboxes in `text`, in order, at most `most`."""
    if "@" not in text:
        return ()
    addresses: dict[str, str] = {}
    for match in _MAILBOX.finditer(text.replace("mailto:", " ")):
        address = trim(match.group("mailbox"))
        if address:
            addresses.setdefault(address.lower(), address)
        if len(addresses) >= most:
            break
    return tuple(addresses.values())


def trim(address: str) -> str:
    """Without what sentences and lists put around an address; empty when nothing of it is left."""
    text = address.strip("<>*`“”‘’「」『』").rstrip(".,!?>*").lstrip("=*<|")
    local, at, domain = text.rpartition("@")
    return text if at and local and domain.strip(".-") else ""


def recipient_field(value: str) -> str:
    """The address of Final-Recipient or Original-Recipient (RFC 3464 section 2.3.1, RFC 6533 section 3).

    `utf-8` addresses are given back in Unicode; every other type stands there as it is: xtext (RFC 3461
    section 4) is the form of ORCPT in the dialogue and is undone before a report is written, so that
    `+20` in a report is a part of the address. What holds no @ is given as it is.
    """
    if not value:
        return ""
    kind, text = split_type(value)
    text = re.sub(r"\([^()]*\)", " ", text) if "(" in text and "@" in text.split("(")[0] else text
    if kind == "utf-8":
        text = _UNICODE.sub(lambda match: _character(match.group(1)), text)
    return mailbox(text) or text.strip().strip("<>").strip()[:320]


def host_name(value: str) -> str:
    """The name in Reporting-MTA or Remote-MTA: `dns; mx.example.net (192.0.2.1)` gives `mx.example.net`."""
    if not value:
        return ""
    return _host_once(value) if len(value) <= _REMEMBERED else _host(value)


def _host(value: str) -> str:
    _, text = split_type(value)
    first = text.split(maxsplit=1)[0] if text else ""
    return first.strip("[]<>(),;").rstrip(".").split("[")[0][:255]


_host_once = lru_cache(maxsize=512)(_host)


def _character(digits: str) -> str:
    point = int(digits, 16)
    return chr(point) if point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF else "\ufffd"
