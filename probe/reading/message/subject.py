"""What content filters find wrong with a subject."""

from __future__ import annotations

import re
from functools import cache

from probe._regex import regex
from probe.model.message_problem import SubjectReason, SubjectWhy
from probe.model.text import printable
from probe.reading.message.words import words

_REPLY_MARK = regex(r"\s*(?:re|aw|sv|antw|fwd?|wg|tr|回复|答复|转发)\s*(?:\[\d+\])?[:\uff1a]", re.IGNORECASE)
_SHOUT_LENGTH = 8  # letters; shorter subjects in capitals are often names ("NATO")
_LONGEST = 150  # characters; longer ones are cut everywhere and look padded


def subject_problems(subject: str, *, is_threaded: bool = True) -> tuple[SubjectWhy, ...]:
    """What is wrong with a decoded subject; empty when nothing is.

    `is_threaded` says whether the message has In-Reply-To or References: without them a "Re:" claims a
    conversation that does not exist (15 U.S.C. 7704(a)(2)).
    """
    if not subject.strip():
        return (SubjectWhy(SubjectReason.EMPTY),)
    problems: list[SubjectWhy] = []
    letters = [char for char in subject if char.isupper() or char.islower()]
    if len(letters) >= _SHOUT_LENGTH and all(char.isupper() for char in letters):
        problems.append(SubjectWhy(SubjectReason.CAPITALS))
    if re.search(r"[!?\uff01\uff1f]{2,}|[$€£¥]{2,}", subject) or len(re.findall("[!\uff01]", subject)) > 2:
        problems.append(SubjectWhy(SubjectReason.PUNCTUATION))
    if _REPLY_MARK.match(subject) and not is_threaded:
        problems.append(SubjectWhy(SubjectReason.FALSE_THREAD))
    problems.extend(SubjectWhy(SubjectReason.PHRASE, text=phrase) for phrase in _phrases_in(subject))
    if len(subject) > _LONGEST:
        problems.append(SubjectWhy(SubjectReason.LONG, count=len(subject)))
    if printable(subject) != subject:
        problems.append(SubjectWhy(SubjectReason.HIDDEN_CHARACTERS))
    return tuple(problems)


def _phrases_in(subject: str) -> tuple[str, ...]:
    phrases = dict.fromkeys(match.group(0) for match in _pattern().finditer(subject.lower()))
    return tuple(phrases)


@cache
def _pattern() -> re.Pattern[str]:
    data = words()["subject"]
    phrases = "|".join(re.escape(phrase) for phrase in (*data["urgency"], *data["money"]))
    chinese = "|".join(re.escape(phrase) for phrase in data["chinese"])  # no spaces between words
    return re.compile(rf"(?<!\w)(?:{phrases})(?!\w)|{chinese}")
