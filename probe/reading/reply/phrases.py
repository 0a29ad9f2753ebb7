"""Find where the words of rules stand in a masked reply.

The compiled table holds an index, so that a reply is compared only with what may stand in it: phrases by
their first word, the literals that patterns need by their first letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from probe.reading.reply.mask import Masked

Span = tuple[int, int]
UNLIMITED: Span = (0, 1 << 30)
"""The span of a link: longer than any words."""

_WORDS = re.compile(r"[a-z0-9]+")
_LEAD = 3


def index(
    phrases: Sequence[tuple[str, int]], patterns: Sequence[tuple[Sequence[str], str, int]]
) -> dict[str, Any]:
    """Build the index of (phrase, rule number) and (needed literals, expression, rule number).

    Keys: `worded` (first word -> phrases with their numbers), `loose` (phrases that begin with no word
    of ASCII), `leads` (first letters -> [literal, positions in `patterns`]), `short` (such literals of
    fewer letters), `patterns` ([expression, rule number]).
    """
    table: dict[str, Any] = {"worded": {}, "loose": [], "leads": {}, "short": [], "patterns": []}
    for phrase, number in phrases:
        word = _WORDS.match(phrase)
        place = table["worded"].setdefault(word[0], []) if word else table["loose"]
        place.append([phrase, number])
    users: dict[str, list[int]] = {}
    for position, (needed, expression, number) in enumerate(patterns):
        table["patterns"].append([expression, number])
        for literal in dict.fromkeys(needed):
            users.setdefault(literal, []).append(position)
    for literal, positions in users.items():
        long_enough = len(literal) >= _LEAD
        place = table["leads"].setdefault(literal[:_LEAD], []) if long_enough else table["short"]
        place.append([literal, positions])
    return table


def spans(masked: Masked, table: Mapping[str, Any]) -> Iterator[tuple[Span, int]]:
    """Every place where a rule's words stand, with the rule's number; a link has the span UNLIMITED.

    A rule may write its words with their accents or without: a text that has any is searched both ways.
    """
    yield from _in_text(masked.text, table["index"])
    if masked.plain:
        yield from _in_text(masked.plain, table["index"])
    if masked.links:
        for link, number in table["links"]:
            if link in masked.links:
                yield UNLIMITED, number


def _in_text(text: str, found: Mapping[str, Any]) -> Iterator[tuple[Span, int]]:
    for phrase, number in _candidates(text, found):
        if phrase in text:
            for start in _occurrences(phrase, text):
                yield (start, start + len(phrase)), number
    for position in sorted(_wanted_patterns(text, found)):
        expression, number = found["patterns"][position]
        for match in _pattern(expression).finditer(text):
            yield match.span(), number


def _candidates(text: str, found: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    worded = found["worded"]
    for word in set(_WORDS.findall(text)):
        if word in worded:
            yield from worded[word]
    yield from found["loose"]


def _wanted_patterns(text: str, found: Mapping[str, Any]) -> set[int]:
    leads = found["leads"]
    wanted: set[int] = set()
    for lead in {text[start : start + _LEAD] for start in range(len(text) - _LEAD + 1)}:
        if lead in leads:
            for literal, positions in leads[lead]:
                if literal in text:
                    wanted.update(positions)
    for literal, positions in found["short"]:
        if literal in text:
            wanted.update(positions)
    return wanted


def _occurrences(phrase: str, text: str) -> Iterator[int]:
    """Where `phrase` stands in `text` as whole words."""
    start = text.find(phrase)
    while start >= 0:
        end = start + len(phrase)
        if _is_edge(text, start - 1, phrase[0]) and _is_edge(text, end, phrase[-1]):
            yield start
        start = text.find(phrase, start + 1)


def _is_edge(text: str, outside: int, inner: str) -> bool:
    """Whether a word ends between `inner` and the character at `outside`; scripts without spaces always."""
    if not 0 <= outside < len(text) or not inner.isascii() or not inner.isalnum():
        return True
    return not (text[outside].isascii() and text[outside].isalnum())


@lru_cache(maxsize=1024)
def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(expression)
