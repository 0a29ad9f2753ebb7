"""Reads how long a server asks to wait before the next try."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe._regex import regex
from probe.reading.reply.patterns import pattern_of
from probe.reading.reply.stems import fold
from probe.reading.reply.table import rule_table
from probe.reading.reply.waits import CLOCK, FRACTIONS, WaitBook, WaitWords

_WORDS = regex(r"[^\W\d_]+")
_CLOCKS = rf"([^\W\d_]+) (?={CLOCK})"
_WINDOW = 80  # characters before a length of time in which it may be asked for
_LONGEST_WAIT = 31 * 86400  # longer than a queue keeps a message: then the sender must send it again
_HOUR = 3600
_THOUSANDS = 3  # digits behind the mark that groups thousands
_AFTERNOON = range(13, 24)  # "after 17 hours" is in some languages a time of day; "after 24 hours" is not


def stated_wait(text: str) -> int | None:
    """Seconds that a reply asks to wait, e.g. "try again in 5 minutes"; None if it names no time.

    A length of time is a wait only near words that ask for another try: "500 messages in 60 minutes" asks for
    nothing, and "retry time exceeded after 4 days" is over. "In a few minutes" names no time.
    """
    folded = fold(text)
    waits = rule_table().waits
    for code in _languages(folded, waits):
        for seconds in _waits(folded, waits[code]):
            if 0 < seconds <= _LONGEST_WAIT:
                return seconds
    return None


def _languages(folded: str, waits: WaitBook) -> list[str]:
    """The languages of the units of time in a text, in a fixed order."""
    units = waits.by_word.keys() & _WORDS.findall(folded)
    codes = {code for unit in units for code in waits.by_word[unit].split()}
    if not folded.isascii():
        codes.update(code for word, of in waits.by_letters.items() if word in folded for code in of.split())
    if folded.count(":") > 1:  # "come back in 00:05:00"
        leads = pattern_of(_CLOCKS).findall(folded)
        codes.update(code for lead in leads for code in waits.by_clock.get(lead, "").split())
    return [code for code in waits.codes if code in codes] if codes else []


def _waits(folded: str, words: WaitWords) -> Iterator[int]:
    """Every length of time that is asked for, in seconds."""
    for match in pattern_of(words.lengths).finditer(folded):
        if _is_asked(folded, match, words):
            yield _seconds(match, words)


def _is_asked(folded: str, match: re.Match[str], words: WaitWords) -> bool:
    """Whether a length of time is a wait. A bare one needs no word like "in" or "later" at its side. A clock
    needs one that does not go with a time of day: "at 10:05:22", "after 10:05:22"."""
    start, end = match.span()
    lead = folded[max(0, start - _WINDOW) : start]
    framed_by = words.clock if ":" in match.group() else words.before
    ahead, behind = f" {lead}".rstrip(" "), folded[end : end + _WINDOW].lstrip(" ")
    if words.daytime and _is_afternoon(match, words) and _is_beside(words.daytime, ahead, behind):
        return False
    is_framed = (
        match.group() in words.whens
        or match["between"] is not None
        or ahead.endswith(framed_by)
        or behind.startswith(words.after)
    )
    if not is_framed and not (words.is_bare and folded[start].isdigit() and match["unit"]):
        return False
    if pattern_of(words.asks_before).search(lead):
        return True
    return not words.is_bare and pattern_of(words.asks_after).match(folded, end) is not None


def _is_afternoon(match: re.Match[str], words: WaitWords) -> bool:
    """Whether a length of time is hours only, as many as an hour of the afternoon or evening has."""
    is_of_hours = match["unit"] is not None and words.units[match["unit"]] == _HOUR
    return is_of_hours and _seconds(match, words) / _HOUR in _AFTERNOON


def _is_beside(frame: tuple[str, ...], ahead: str, behind: str) -> bool:
    return ahead.endswith(tuple(f" {word}" for word in frame)) or behind.startswith(frame)


def _seconds(match: re.Match[str], words: WaitWords) -> int:
    length = match.group()
    if match["unit"] is None:
        phrase = words.whens.get(length) or words.spans.get(length)
        return _clock(length) if phrase is None else phrase
    total = _number(match["digits"], match["number"], words) * words.units[match["unit"]]
    if match["more"] is not None:
        parts = pattern_of(words.parts).findall(match["more"])
        total += sum(_number(digits, number, words) * words.units[unit] for digits, number, unit in parts)
    return int(total)


def _number(digits: str, number: str, words: WaitWords) -> float:
    """Number words that follow each other add up: "twenty five"."""
    if digits:
        return _amount(digits)
    value = words.numbers.get(number)
    if value is None:
        value = sum(words.numbers[word] for word in pattern_of(words.numerals).findall(number))
    return value


def _amount(digits: str) -> float:
    """`1,000` and `1.000` are a thousand, `1,5` and `1.5` one and a half, as `1 1/2` and `1½` are."""
    for fraction, part in FRACTIONS.items():
        if digits.endswith(fraction):
            return float(digits.removesuffix(fraction).rstrip(" -") or 0) + part
    whole, point, rest = digits.replace(",", ".").partition(".")
    return float(whole + rest if len(rest) == _THOUSANDS else whole + point + rest)


def _clock(time: str) -> int:
    """`00:05:00` in seconds."""
    hours, minutes, seconds = map(int, time.split(":"))
    return hours * 3600 + minutes * 60 + seconds
