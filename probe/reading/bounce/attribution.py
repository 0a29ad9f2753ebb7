"""Who wrote the words of a notice: the remote server, or the sending server that reports on it.

Sending servers write their own words in place of the remote server's reply, some with a reply code and a
status that no remote server gave, and they add words to a reply: "last error: ..." before it, "retry timeout
exceeded" after it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from probe._dataclass import replace
from probe._regex import regex
from probe.reading.bounce.layout import LEADING_CODE, Layout, Layouts
from probe.reading.bounce.wrapped import unwrap_text
from probe.standards.dsn.results import Action, DeliveryStatus

_LEADS = 3  # of them one inside the other
_LETTERS = regex(r"[^\W\d_]{2}")
_QUOTED = regex(r"([245]\d\d)(?: \"(.*)\"|-'(.*)')\Z", re.DOTALL)  # as the Go language and IronPort write it
_APART = regex(r"([245]\d\d) \(([0245](?:\.\d{1,3}){2})\) '(.*?)'?\)?\Z", re.DOTALL)
_ESCAPE = regex(r"\\([\\\"nrt])")
_ESCAPED = {"n": " ", "r": " ", "t": " "}
# a reply without text, followed by the answer to the next command (RFC 5321 section 4.2: text may be empty)
_RUN_ON = regex(r"([45]\d\d)\s+503\b.*\Z", re.DOTALL)
_GENERIC = regex(r"([245]\d\d[ -])[245]\.0\.0\s+")


def is_coded(reply: str) -> bool:
    """Whether words begin with a reply code, as every reply of a server does (RFC 5321 section 4.2)."""
    return LEADING_CODE.match(reply) is not None


def attribute(status: DeliveryStatus, layouts: Layouts) -> DeliveryStatus:
    """The status with only the remote server's reply, if there is one; else marked as the sending server's
    own words."""
    reply, is_remote, host, stage = status.reply, status.is_remote, status.remote_mta, status.stage
    if not reply.strip():
        reply, is_remote = status.comment, False
    whole, reply = reply, _without_leads(reply, layouts)
    if is_coded(reply):
        is_remote = is_remote or reply != whole
    else:
        inner, inner_host, inner_stage = unwrap_text(reply, layouts.wrappings)
        if is_coded(inner):
            reply, is_remote = _unquote(inner), True
            host, stage = host or inner_host, stage or inner_stage
    reply = _without_trail(reply, layouts)
    reply = _RUN_ON.sub(r"\1", reply) if "503" in reply else reply
    own = next((item for item in layouts.own.likely(reply) if item.pattern.search(reply)), None)
    if own is not None:
        is_remote, stage = False, stage or own.stage
    added = status.added or (status.reply if reply != status.reply else "")
    return status.with_values(reply=reply, is_remote=is_remote, remote_mta=host, stage=stage, added=added)


def with_software(layout: Layout | None, statuses: Sequence[DeliveryStatus]) -> list[DeliveryStatus]:
    """Add what is known about the software that wrote a notice: `fills`, `ended`, `copies` and
    `fetches` of its layout."""
    if layout is None or not (layout.fills or layout.copies or layout.ended or layout.fetches):
        return list(statuses)
    counts = Counter(status.reply for status in statuses)
    return [
        replace(
            status,
            reply=_GENERIC.sub(r"\1", status.reply, count=1) if layout.fills else status.reply,
            has_ended=status.action is Action.DELAYED and _has_ended(status, layout),
            is_copied=layout.copies and status.is_remote and counts[status.reply] > 1,
            is_fetched=layout.fetches,
        )
        for status in statuses
    ]


def _has_ended(status: DeliveryStatus, layout: Layout) -> bool:
    text = f"{status.added}\n{status.reply}"
    return layout.ended is not None and layout.ended.search(text) is not None


def _without_leads(reply: str, layouts: Layouts) -> str:
    for _ in range(_LEADS):
        match = layouts.words["lead"].whole.match(reply)
        if match is None or not reply[match.end() :].strip():
            break
        reply = reply[match.end() :].strip()
    for start, end in ("()", "<>"):  # what the lead opened
        if reply.endswith(end) and start not in reply:
            reply = reply[:-1]
    return reply


def _without_trail(reply: str, layouts: Layouts) -> str:
    match = layouts.words["trail"].whole.search(reply)
    words = reply[: match.start()].rstrip() if match else reply
    return words if _LETTERS.search(words) else reply


def _unquote(reply: str) -> str:
    """Convert the notation of a sending server to code, status and words as a server sends them."""
    apart = _APART.match(reply)
    if apart is not None:
        code, status, words = apart.groups()
        return " ".join(part for part in (code, status if status[0] != "0" else "", words) if part)
    match = _QUOTED.match(reply)
    if match is None:
        return reply
    text = match[3] or _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), match[2] or "")
    return f"{match[1]} {text}"
