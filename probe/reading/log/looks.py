"""A fast test whether a line may be from a mail log or a queue listing, made for every reply. Light."""

from __future__ import annotations

import re

_REPLY = re.compile(r"\s*[245]\d\d(?:[ -]|\s*$)")
_BEGIN = re.compile(
    r"\s*(?:<\d|[A-Z][a-z]{2} [ \d]\d \d\d:|\d{4}-\d\d-\d\d[T ]|\d{1,2} \d{4}-\d|[\[{#]|-{2,}|-Queue"
    r"|\"?type\"?,|[\w.-]{1,64}(?:/[\w.-]{1,64})? {1,64}\| |[0-9a-f]{16}[| ]|\d{1,6}[smhdw]\s)"
)
_MARKS = re.compile(
    r"(?:to|from)=<|\b(?:status|stat|relay|evpid|client|message-id|exitcode|uuid|nrcpt|uid)=|postfix[\w-]*/"
    r"|\w (?:=>|->|>>|\*\*|==|<=) |elivery|Rescanning queue|: removed\s*$| Completed"
    r"|\d [A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:"
)


def may_be_logged(text: str) -> bool:
    """Whether to try the readers of logs on a line. A line that begins with a reply code is a reply (RFC 5321
    section 4.2); a JSON object with a `text` is an input of `explain`."""
    if text[:1] in ("2", "4", "5") and text[3:4] in (" ", "-") and text[1:3].isdecimal():
        return False  # most inputs
    if _REPLY.match(text) is not None:
        return False
    if text.lstrip()[:1] == "{":
        return '"text"' not in text or _MARKS.search(text) is not None
    return _BEGIN.match(text) is not None or _MARKS.search(text) is not None


def is_reply_alone(text: str) -> bool:
    """Whether a line begins as a reply does, with its code."""
    return _REPLY.match(text) is not None
