"""The words in which servers say how long to wait: how they are stored, and the expressions made of them.

The words are data (waits.toml); they and the texts that they are searched in are folded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from probe._named_tuple import NamedTuple
from probe.reading.reply.stems import fold

_LISTS = ("before", "after", "clock", "daytime", "to", "between", "ask", "noun", "not")
_TABLES = ("unit", "number", "span", "when")
_LAST_WORD = r"[^\W\d_]+$"
CLOCK = r"\d{1,2}:\d{2}:\d{2}(?![\d:])"
# A length of time does not begin within a number, a word, a path or a range.
_START = r"(?<![\w.,:-])"
_START_UNSPACED = r"(?<![\d.,:/百千几数幾-])"
# What says behind a length of time that it is over.
_OVER = r" (?:ago|old|of|in (?:the )?queue)\b"
FRACTIONS = {"1/2": 0.5, "1/4": 0.25, "3/4": 0.75, "½": 0.5, "¼": 0.25, "¾": 0.75}
# "1 1/2", "1,000", "1.5", but not "at 17.30"
_DIGITS = (
    r"(?:(?:\d{1,3}[ -])?[13]/[24](?!\d)|\d{0,3} ?[½¼¾]|\d{1,3}[.,]\d{3}(?!\d)|\d{1,6}(?:[.,]\d(?!\d))?)"
)
_DASH = "[-–—~〜]"
_AND = "and|und|et|y|e|i"  # "one minute and 30 seconds", "vinte e cinco minutos"
# Letters between a length of time and the words that ask: no end of a sentence and no other number. Behind
# the length they are of the same clause.
_BETWEEN = r"[^\d.;!?。]"
_BETWEEN_BEHIND = r"[^\d.,;:!?。、()]"
_NEAR, _NEAR_BEHIND = 40, 30  # most of them


class WaitWords(NamedTuple):
    """The words of one language, and expressions made of them.

    `lengths` finds a length of time (its first number in the groups `digits` or `number`, the unit of that in
    `unit`, what follows these in `more`), or words that say when; of "5 to 10 minutes" the longer length is
    read, and `between` is not empty if words frame both. `parts` finds every number and unit of a length.
    `before` and `after` are what frames a length, directly before and behind it; `clock` is what stands
    before one that is written like a time of day; beside a word of `daytime` an hour of the afternoon is one.
    `asks_before` and `asks_after` find the words that ask for
    another try. `is_bare`: digits need no frame.
    """

    lengths: str
    parts: str
    numerals: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    clock: tuple[str, ...]
    daytime: tuple[str, ...]
    asks_before: str
    asks_after: str
    units: Mapping[str, int]
    numbers: Mapping[str, int]
    spans: Mapping[str, int]
    whens: Mapping[str, int]
    is_bare: bool


class WaitBook:
    """The languages by their code. A row is JSON and parsed on first use."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._rows: Mapping[str, str] = table["languages"]
        self._words: dict[str, WaitWords] = {}
        self.codes: Sequence[str] = tuple(self._rows)
        self.by_word: Mapping[str, str] = table["by_word"]
        """Last word of each unit and phrase -> the codes of its languages, with blanks between them."""
        self.by_letters: Mapping[str, str] = table["by_letters"]
        """The same for languages that write words together."""
        self.by_clock: Mapping[str, str] = table["by_clock"]
        """Last word before a length that is written as `00:05:00` -> the codes of its languages."""

    def __getitem__(self, code: str) -> WaitWords:
        words = self._words.get(code)
        if words is None:
            words = self._words[code] = _words(json.loads(self._rows[code]))
        return words


def compile_waits(languages: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Turn the tables of waits.toml into what `WaitBook` takes."""
    rows = {code: _folded(row) for code, row in languages.items()}
    codes: dict[bool, dict[str, dict[str, None]]] = {False: {}, True: {}}
    for code, row in rows.items():
        for phrase in (*row["unit"], *row["span"], *row["when"]):
            last = phrase if row["unspaced"] else re.findall(_LAST_WORD, phrase)[0]
            codes[row["unspaced"]].setdefault(last, {})[code] = None
    clocks: dict[str, dict[str, None]] = {}
    for code, row in rows.items():
        for phrase in row["clock"]:
            clocks.setdefault(phrase.split(" ")[-1], {})[code] = None
    by_word, by_letters, by_clock = (
        {word: " ".join(of) for word, of in table.items()} for table in (codes[False], codes[True], clocks)
    )
    texts = {code: json.dumps(row, ensure_ascii=False) for code, row in rows.items()}
    return {"languages": texts, "by_word": by_word, "by_letters": by_letters, "by_clock": by_clock}


def _folded(row: Mapping[str, Any]) -> dict[str, Any]:
    lists = {key: [fold(word) for word in row.get(key, ())] for key in _LISTS}
    tables = {
        key: {fold(word): int(value) for value, words in row.get(key, {}).items() for word in words}
        for key in _TABLES
    }
    return {**lists, **tables, "bare": row.get("bare", False), "unspaced": row.get("unspaced", False)}


def _words(row: Mapping[str, Any]) -> WaitWords:
    has_blanks = not row["unspaced"]
    start, edge, end = (_START, r"(?<!\w)", r"(?!\w)") if has_blanks else (_START_UNSPACED, "", "")
    blank, joint, unit_end = (
        (" ", rf"(?: (?:{_AND}) |[ -])", r"(?![^\W\d_]|/)") if has_blanks else (" ?", "", "")
    )
    numeral, unit = _any_of(row["number"]), _any_of(row["unit"])
    number = rf"{numeral}(?:{joint}{numeral})*"
    first = rf"(?:(?P<digits>{_DIGITS}) ?|(?P<number>{number}){blank})(?P<unit>{unit}){unit_end}"
    shorter = rf"(?:{_DIGITS}|{number})(?:{blank}{unit}{unit_end})?"
    between = "|".join(
        rf"{re.escape(pair[0])} {shorter} {re.escape(pair[-1])} " for pair in map(_halves, row["between"])
    )
    span = (
        rf"(?:(?P<between>{between or '(?!)'})|{_DIGITS}(?: ?{unit}{unit_end})? ?{_DASH} ?"
        rf"|{shorter}{blank}{_any_of(row['to'])}{blank})?"
    )
    part = rf"(?:(\d{{1,6}}) ?|({number}){blank})({unit}){unit_end}"
    more = rf"(?P<more>(?:(?:,? (?:{_AND}))? ?{part}){{1,2}})?"
    phrase = _any_of([*row["span"], *row["when"]])
    nouns = f"(?!{_any_of(row['noun'], end=end)})" if row["noun"] else ""
    asks = edge + nouns + _any_of(row["ask"], stem=r"\w*" if has_blanks else "", end=end)
    gap = f"(?!{_any_of(row['not'])})" if row["not"] else ""
    return WaitWords(
        lengths=rf"{start}(?:{span}{first}{more}|{phrase}{end}|{CLOCK})(?!{_OVER})",
        parts=part,
        numerals=numeral,
        before=tuple(f" {word}" if has_blanks else word for word in row["before"]),
        after=tuple(row["after"]),
        clock=tuple(f" {word}" if has_blanks else word for word in row["clock"]),
        daytime=tuple(row["daytime"]),
        asks_before=rf"{asks}(?:{gap}{_BETWEEN}){{0,{_NEAR}}}$",
        asks_after=rf"(?:{gap}{_BETWEEN_BEHIND}){{0,{_NEAR_BEHIND}}}?{asks}",
        units=row["unit"],
        numbers=row["number"],
        spans=row["span"],
        whens=row["when"],
        is_bare=row["bare"],
    )


def _halves(pair: str) -> list[str]:
    """What stands before the shorter length and before the longer one, which ` .. ` parts."""
    return pair.split(" .. ")


def _any_of(words: Iterable[str], stem: str = "", end: str = "") -> str:
    """One of the words, the longest first; behind one without a blank at its end `stem`, else `end`. Without
    words it matches nothing."""
    longest_first = sorted(words, key=len, reverse=True)
    alternatives = [re.escape(word.rstrip()) + (end if word[-1] == " " else stem) for word in longest_first]
    return f"(?:{'|'.join(alternatives) or '(?!)'})"
