"""Finds the refusal in Sendmail's transcript of a session, a text with `>>>` and `<<<` lines."""

from __future__ import annotations

import re

from probe.model.reply import Stage
from probe.reading.reply.patterns import pattern_of

_ARROW = r"(?<!\s)\s*(<<<|>>>)"
_ECHO = r"503\b|.*\b(?:no valid recipients|valid RCPT|need RCPT)"
_TRANSCRIPT = r"^[ \t]*(<<<|>>>)\s?(.*)$"
# Sendmail's own text on a failure; it comes after the remote server's words, if there are any.
_FILLER = (
    r"[45]\d\d [45]\.\d\.\d (?:<[^>]*>\.\.\. )?"
    r"(?:service unavailable|deferred.*|remote protocol error|user unknown)\s*$"
)


def is_filler(text: str) -> bool:
    """Whether a transcript without any reply ends in the sending server's own words."""
    return ">>>" in text and _filler().search(text) is not None


def refusal(text: str) -> tuple[str, Stage | None] | None:
    """The refusal among the `<<<` lines of a Sendmail transcript, and its stage if known; else None.

    Of several the last counts, except the consequence of an earlier one: after all RCPTs were refused, DATA
    gets 503 or "no valid recipients". With pipelining that proves that the refusal before belongs to RCPT.
    """
    refusals: list[list[str]] = []
    is_open = False
    for arrow, line in pattern_of(_TRANSCRIPT, re.MULTILINE).findall(pattern_of(_ARROW).sub(r"\n\1", text)):
        if arrow == ">>>":
            is_open = False
        elif re.match(r"[45]\d\d", line):
            if not is_open:
                refusals.append([])
            refusals[-1].append(_filler().sub("", line))
            is_open = line[3:4] == "-"
    if not refusals:
        return None
    echo = len(refusals) > 1 and any(pattern_of(_ECHO, re.IGNORECASE).match(line) for line in refusals[-1])
    return "\n".join(refusals[-2 if echo else -1]), Stage.RCPT if echo else None


def _filler() -> re.Pattern[str]:
    return pattern_of(_FILLER, re.IGNORECASE | re.MULTILINE)
