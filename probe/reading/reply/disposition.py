"""What a positive reply to a message says of it beyond that it was taken: that no mailbox gets it.

RFC 5321 section 6.1 forbids to lose a message that was taken; filters do it with a 250 all the same.
"""

from __future__ import annotations

from probe._enum import StrEnum
from probe.reading.reply.mask import mask
from probe.reading.reply.patterns import pattern_of


class Disposition(StrEnum):
    """What becomes of the message."""

    DISCARDED = "discarded"
    QUARANTINED = "quarantined"


# amavisd-new ("Ok, discarded, id=..."), clamsmtp ("Virus Detected; Discarded Email"), ASSP ("blackholed")
_FORMS = (
    (
        r"(?<![\w=-])(?:discarded|discarding (?:the |this )?(?:e?mail|message)"
        r"|black ?holed|silently dropped)(?![\w-])",
        Disposition.DISCARDED,
    ),
    (
        r"(?<![\w=-])(?:quarantined|(?:in|to|into)(?: the)?(?: \w{1,20})? quarantine"
        r"|held for review)(?![\w-])",
        Disposition.QUARANTINED,
    ),
)
_MARKS = ("discard", "hole", "drop", "quarantin", "held")  # one of them stands in every form
_CLAUSE = r"[,;:()\n]|\.(?:\s|$)"
# Before the form within its clause: it does not happen, only might, or happens to something else.
_RESERVE = (
    r"\b(?:not|never|cannot|no|none|if|unless|may|might|could|would|should|without|nicht|kein\w{0,2}|policy"
    r"|headers?|attachments?|parts?|duplicates?|copy|copies|recipients?|spam (?:is|will))\b"
    r"|(?<![\d.])0 |n't\b"
)
_CONDITION = r"^ ?=|\b(?:if|unless|when|later)\b"  # behind it


def may_tell(text: str) -> bool:
    """Whether `disposition` has to be asked: a fast look for its marks."""
    words = text.lower()
    for mark in _MARKS:  # noqa: SIM110  a generator takes twice as long
        if mark in words:
            return True
    return False


def disposition(reply_text: str) -> Disposition | None:
    """What the words of a 2yz reply say; None if they say nothing of it, or the reply is another. Names of
    hosts and addresses say nothing: a server may be called quarantine."""
    if not may_tell(reply_text):
        return None  # nearly all
    for clause in pattern_of(_CLAUSE).split(mask(reply_text).text):
        for form, what in _FORMS:
            match = pattern_of(form).search(clause)
            if match is None or pattern_of(_RESERVE).search(clause[: match.start()]) is not None:
                continue
            if pattern_of(_CONDITION).search(clause[match.end() :]) is None:
                return what
    return None
