"""Finds a remote server's reply in the words with which a sending server wraps it (`wrapping` in
bounce_layouts.toml)."""

from __future__ import annotations

import re
from functools import lru_cache

from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.bounce.expressions import Choice, Expression

_LIMIT = 8192  # characters of the text on one recipient
_STAGES = (
    (
        regex(r"end of data|end-of-data|final data|body|failed after|^dot$|not accepted", re.IGNORECASE),
        Stage.END_OF_DATA,
    ),
    (regex(r"rcpt|recipient", re.IGNORECASE), Stage.RCPT),
    (regex(r"mail\b|sender", re.IGNORECASE), Stage.MAIL),
    (regex(r"starttls", re.IGNORECASE), Stage.STARTTLS),
    (regex(r"[eh][he]ll?o|my name", re.IGNORECASE), Stage.EHLO),
    (regex(r"\bdata\b", re.IGNORECASE), Stage.DATA),
    (regex(r"connection|greeting|connect", re.IGNORECASE), Stage.GREETING),
)


def unwrap_text(text: str, wrappings: Choice[Expression]) -> tuple[str, str, Stage | None]:
    """(reply, host, stage) if a wrapping is found in `text`; the reply is empty if none is."""
    return _unwrap_once(text, wrappings) if len(text) <= _LIMIT else _unwrap(text[:_LIMIT], wrappings)


def _unwrap(text: str, wrappings: Choice[Expression]) -> tuple[str, str, Stage | None]:
    flat = " ".join(text.split())
    if not flat:
        return "", "", None
    for wrapping in wrappings.likely(flat):
        match = wrapping.search(flat)
        if match and match["reply"].strip():
            groups = match.groupdict()
            host = groups.get("host") or groups.get("given") or ""
            command = groups.get("command") or groups.get("tag") or ""
            return match["reply"].strip(), host.strip("[]<>.,:"), stage_of(command)
    return "", "", None


_unwrap_once = lru_cache(maxsize=16)(_unwrap)
"""The texts of one notice are looked at by its layout, then by who looks for its writer."""


def stage_of(command: str) -> Stage | None:
    """The stage that words such as `RCPT TO` or `end of DATA` name."""
    return next((stage for pattern, stage in _STAGES if command and pattern.search(command)), None)
