"""The identifier that another server gave a message, from its positive reply.

RFC 5321 section 4.2.3 leaves the text of a 250 to the server; most name there the id in their own log.
"""

from __future__ import annotations

import re

_READ = 1_000  # characters; longer replies have other text
_FORMS = (
    re.compile(r"\[InternalId=(\d{4,40})"),  # Exchange
    re.compile(r"queued as[: ]+<?([\w.+=-]{4,80})", re.IGNORECASE),  # Postfix
    re.compile(r"\bid=([\w.+-]{6,80})"),  # Exim
    re.compile(r"\bOK:?\s{1,3}(?:\d{9,11}\s+)?([0-9A-Za-z][\w.-]{7,80}) - gsmtp"),  # Google
    re.compile(r"\b([0-9A-Za-z]{10,20}) Message accepted for delivery", re.IGNORECASE),  # sendmail
    re.compile(r"\bOK:?\s{1,3}(?:queued |id[ =])?(?=\S*\d)([0-9A-Za-z][\w.-]{7,80})(?=\s|$)", re.IGNORECASE),
    re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])\b([0-9A-Za-z]{8,20})(?=\s.*(?:accepted|queued))", re.IGNORECASE),
)


def taken_as(words: str) -> str:
    """The other server's id for the message; empty if there is none."""
    line = " ".join(words[:_READ].split())
    return next((result[1] for form in _FORMS if (result := form.search(line)) is not None), "")
