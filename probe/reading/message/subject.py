"""What is wrong with a subject in the eyes of a content filter."""

from __future__ import annotations

import re
from functools import cache

from probe.model.text import printable
from probe.reading.message.words import words

_REPLY_MARK = re.compile(
    r"\s*(?:re|aw|sv|antw|fwd?|wg|tr|回复|答复|转发)\s*(?:\[\d+\])?[:\uff1a]", re.IGNORECASE
)
_SHOUT_LENGTH = 8  # letters; shorter subjects in capitals are often names ("NATO")
_LONGEST = 150  # characters; longer ones are cut everywhere and look padded


def subject_problems(subject: str, *, is_threaded: bool = True) -> tuple[str, ...]:
    """Clauses on a decoded subject, empty when nothing is wrong.

    `is_threaded` says whether the message has In-Reply-To or References: without them a "Re:"
    claims a conversation that never was (15 U.S.C. 7704(a)(2)).
    """
    if not subject.strip():
        return ("the subject is empty",)
    problems: list[str] = []
    letters = [char for char in subject if char.isupper() or char.islower()]
    if len(letters) >= _SHOUT_LENGTH and all(char.isupper() for char in letters):
        problems.append("the subject is all capitals")
    if re.search(r"[!?\uff01\uff1f]{2,}|[$€£¥]{2,}", subject) or len(re.findall("[!\uff01]", subject)) > 2:
        problems.append("the subject has piled-up punctuation")
    if _REPLY_MARK.match(subject) and not is_threaded:
        problems.append("the subject claims to answer or forward, but the message continues no thread")
    problems.extend(f"the subject says “{phrase}”" for phrase in _phrases_in(subject))
    if len(subject) > _LONGEST:
        problems.append(f"the subject is {len(subject)} characters long")
    if printable(subject) != subject:
        problems.append("the subject holds characters that hide or reorder text")
    return tuple(problems)


def _phrases_in(subject: str) -> tuple[str, ...]:
    phrases = dict.fromkeys(match.group(0) for match in _pattern().finditer(subject.lower()))
    return tuple(phrases)


@cache
def _pattern() -> re.Pattern[str]:
    data = words()["subject"]
    worded = "|".join(re.escape(phrase) for phrase in (*data["urgency"], *data["money"]))
    chinese = "|".join(re.escape(phrase) for phrase in data["chinese"])  # no spaces between words
    return re.compile(rf"(?<!\w)(?:{worded})(?!\w)|{chinese}")
