"""The identifier that another server gave a message, from its positive reply.

RFC 5321 section 4.2.3 leaves the text of a 250 to the server; most name there the id in their own log.
"""

from __future__ import annotations

from probe.reading.reply.patterns import pattern_of

_READ = 1_000  # characters; longer replies have other text
_FORMS = (  # as text: only who has a log needs them
    r"\[InternalId=(\d{4,40})",  # Exchange
    r"(?i)queued as[: ]+<?([\w.+=-]{4,80})",  # Postfix
    r"\bid=([\w.+-]{6,80})",  # Exim
    r"\bOK:?\s{1,3}(?:\d{9,11}\s+)?([0-9A-Za-z][\w.-]{7,80}) - gsmtp",  # Google
    r"(?i)\b([0-9A-Za-z]{10,20}) Message accepted for delivery",  # sendmail
    r"(?i)\bOK:?\s{1,3}(?:queued |id[ =])?(?=\S*\d)([0-9A-Za-z][\w.-]{7,80})(?=\s|$)",
    r"(?i)(?=\S*\d)(?=\S*[A-Za-z])\b([0-9A-Za-z]{8,20})(?=\s.*(?:accepted|queued))",
)


def taken_as(words: str) -> str:
    """The other server's id for the message; empty if there is none."""
    line = " ".join(words[:_READ].split())
    return next((result[1] for form in _FORMS if (result := pattern_of(form).search(line)) is not None), "")
