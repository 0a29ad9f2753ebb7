"""Is the subject an honest one?

Looks for subjects that filters distrust: none at all, all in capitals, many exclamation marks, a Re: or Fwd:
pretended in a mailing, and characters that hide or reorder text.

What to do: write a subject that says what the message is about, in sentence case.
Source: RFC 5322 section 3.6.5; Alibaba Mail, "How to Handle Email Delivery Failure", step 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.checks.wording import Voice, series
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.text import printable

ID = "message-subject"
STEP = 5
say = Voice(ID, STEP, ("RFC 5322 section 3.6.5",))

_REPLY_PREFIX = re.compile(r"\s*(re|fwd?|aw|wg|回复|转发)\s*[:：]", re.IGNORECASE)
_SHOUTING_LETTERS = 8  # shorter subjects may be an acronym
_MARKS = re.compile(r"[!！]{2,}|[$€£¥]{2,}|(?:[!！].*){3,}")


def check(facts: Facts) -> Iterator[Finding]:
    """One warning that names everything about the subject that filters distrust."""
    message = facts.message
    if message is None:
        return
    subject = message.subject.strip()
    faults = list(_faults(subject, bulk=message.bulk))
    if faults:
        yield say.warning(
            f'the subject "{subject}" {series(faults)}' if subject else f"the message {series(faults)}",
            ("message",),
            "Write a subject that says plainly what the message is about.",
        )
    else:
        yield say.ok("nothing about the subject stands out", ("message",))


def _faults(subject: str, *, bulk: bool) -> Iterator[str]:
    if not subject:
        yield "has no subject"
        return
    letters = [char for char in subject if char.isalpha()]
    cased = [char for char in letters if char.isupper() or char.islower()]
    if len(cased) >= _SHOUTING_LETTERS and sum(char.isupper() for char in cased) / len(cased) > 0.8:
        yield "is written in capitals"
    if _MARKS.search(subject):
        yield "shouts with marks"
    if bulk and _REPLY_PREFIX.match(subject):
        yield "pretends to be an answer, in a mailing"
    if printable(subject) != subject:
        yield "holds characters that hide or reorder text"
