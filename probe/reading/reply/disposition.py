"""What a positive reply to a message says of it beyond that it was taken: that no mailbox gets it.

RFC 5321 section 6.1 forbids to lose a message that was taken; filters do it with a 250 all the same.
"""

from __future__ import annotations

from probe._enum import StrEnum
from probe.reading.reply.patterns import pattern_of


class Disposition(StrEnum):
    """What becomes of the message."""

    DISCARDED = "discarded"
    QUARANTINED = "quarantined"


# amavisd-new ("Ok, discarded, id=..."), clamsmtp ("Virus Detected; Discarded Email"), ASSP ("blackholed")
_FORMS = (
    (r"(?<!not )(?<!n't )\b(?:discard(?:ed|ing)?|black ?holed|silently dropped)\b", Disposition.DISCARDED),
    (
        r"(?<!not )(?<!n't )\b(?:quarantined?|held (?:for|in) (?:review|quarantine))\b",
        Disposition.QUARANTINED,
    ),
)


def disposition(reply_text: str) -> Disposition | None:
    """What the words of a 2yz reply say; None if they say nothing of it, or the reply is another."""
    words = reply_text.lower()
    if not (
        "discard" in words or "hole" in words or "drop" in words or "quarantin" in words or "held" in words
    ):
        return None  # nearly all
    return next((what for form, what in _FORMS if pattern_of(form).search(words) is not None), None)
