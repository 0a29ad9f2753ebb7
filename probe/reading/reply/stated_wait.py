"""Reads how long a server asks to wait before the next try."""

from __future__ import annotations

import re

from probe._regex import regex

# "try again in 5 minutes", "Greylisted for 300 seconds", "come back in 00:05:00": a word of waiting, then,
# in the same sentence and before any other number, the time. "500 messages in 60 minutes" asks for nothing,
# and "retry time exceeded after 4 days" is over.
_STATED_WAIT = regex(
    r"\b(?:try|retry|again|back|wait|resend|re-?connect|gr[ea]ylist\w*)\b"
    r"(?:(?!exceed|expire|limit|maximum|since|been)[^\d.;!?]){0,40}?"
    r"(?:(\d{1,2}):(\d{2}):(\d{2})|(\d{1,6})\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d))\b",
    re.I,
)
_UNIT = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST_WAIT = 7 * 86400  # RFC 5321 section 4.5.4.1: a sender gives up after 4 to 5 days


def stated_wait(text: str) -> int | None:
    """Seconds that a reply asks to wait, e.g. "try again in 5 minutes"; None if it names no time."""
    match = _STATED_WAIT.search(text)
    if match is None:
        return None
    hours, minutes, seconds, number, unit = match.groups()
    if number is not None:
        wait = int(number) * _UNIT[unit[0].lower()]
    else:
        wait = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return wait if 0 < wait <= _LONGEST_WAIT else None
