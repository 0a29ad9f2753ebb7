"""Separates the head of a reply, which says whose address it is about, from a quoted reply.

A server that verifies an address asks another server and passes its answer on. The head of such a reply says
whether the sender's or the recipient's address was asked about; the reason is in the quotation.
"""

from __future__ import annotations

import re

from probe._named_tuple import NamedTuple
from probe.reading.reply.patterns import pattern_of
from probe.reading.reply.table import rule_table

_HINTS = ("verif", "liverable address:", "callout", " said", "responded", "returned", "replied", "answered")
_RESPONSE = (
    r"\bresponse(?: to (?:\"[^\"\n]{0,300}\"|[^:\n]{1,80})(?: from \S+(?: \[[^\]]*\])? was)?)?:\s*(.*)"
)
_CONTINUED = r"(?:^|(?<=\s))[245]\d\d-(?=\S)"


class Quotation(NamedTuple):
    """`id` of quotations.toml; `about` "sender" or "recipient"; `says` the head in a sentence; `head` the
    text before the quotation, `inner` the quotation (empty if nothing is quoted)."""

    id: str
    about: str
    says: str
    head: str
    inner: str


def may_quote(text: str) -> bool:
    """Whether a text may hold a quotation: a fast test before it is joined to one line."""
    lower = text.lower()
    return any(hint in lower for hint in _HINTS)


def quotation(text: str) -> Quotation | None:
    """The quotation in one reply, given on one line; None if there is none. Never raises."""
    lower = text.lower()
    for rule in rule_table().quotations:
        if not any(literal in lower for literal in rule.needs):
            continue
        match = _compile(rule.pattern).search(text)
        if match is None:
            continue
        inner = text[match.end() :]
        if rule.until:
            inner = _compile(rule.until).sub("", inner)
        return Quotation(rule.id, rule.about, rule.says, text[: match.end()], _answer(inner))
    return None


def _answer(inner: str) -> str:
    """The reply of the third server; a transcript of a callout calls it Response."""
    match = _compile(_RESPONSE).search(inner)
    if match is not None:
        inner = match.group(1)
    return pattern_of(_CONTINUED).sub("", inner).strip()


def _compile(expression: str) -> re.Pattern[str]:
    return pattern_of(expression, re.IGNORECASE | re.DOTALL)
