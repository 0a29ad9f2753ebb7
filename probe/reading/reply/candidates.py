"""Finds the words of rules in a masked reply: places with their rules.

With the index a reply is compared only with words that it may contain: phrases by their first two words, the
literals that patterns need by their first letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

from probe._named_tuple import NamedTuple
from probe._regex import regex
from probe.reading.reply.mask import MaskedText
from probe.reading.reply.patterns import pattern_of
from probe.reading.reply.records import Index, MatchRule, Table

_WORDS = regex(r"[a-z0-9]+")
_LEAD = 3


class Place(NamedTuple):
    """The words of `rule` are in the text from `start` to `end`; a link has no place and `is_link`: it is
    more specific than any words."""

    rule: MatchRule
    start: int
    end: int
    is_link: bool = False

    @property
    def length(self) -> int:
        """In characters."""
        return self.end - self.start

    def lies_in(self, other: Place) -> bool:
        """Whether it lies completely inside another place."""
        return not other.is_link and other.start <= self.start and self.end <= other.end


def index(phrases: Sequence[tuple[str, int]], patterns: Sequence[tuple[Sequence[str], str, int]]) -> Index:
    """Build the index of (phrase, rule number) and (needed literals, expression, rule number)."""
    worded: dict[str, list[tuple[str, int]]] = {}
    loose: list[tuple[str, int]] = []
    for phrase, number in phrases:
        first = _WORDS.match(phrase)
        key = " ".join(_WORDS.findall(phrase)[:2])
        (worded.setdefault(key, []) if first else loose).append((phrase, number))
    users: dict[str, list[int]] = {}
    for position, (words, _, _) in enumerate(patterns):
        for literal in dict.fromkeys(words):
            users.setdefault(literal, []).append(position)
    leads: dict[str, list[tuple[str, Sequence[int]]]] = {}
    short: list[tuple[str, Sequence[int]]] = []
    for literal, positions in users.items():
        is_long = len(literal) >= _LEAD
        (leads.setdefault(literal[:_LEAD], []) if is_long else short).append((literal, positions))
    return Index(worded, loose, leads, short, [(expression, number) for _, expression, number in patterns])


def places(masked_text: MaskedText, table: Table) -> Iterator[Place]:
    """Every place with the words of a rule.

    Words in rules may be written with accents or without: a text with accents is searched in both forms.
    """
    yield from _in_text(masked_text.text, table)
    if masked_text.plain:
        yield from _in_text(masked_text.plain, table)
    if masked_text.links:
        for link, number in table.links:
            if link in masked_text.links:
                yield Place(table.rules[number], 0, 0, is_link=True)


def _in_text(text: str, table: Table) -> Iterator[Place]:
    for phrase, number in _phrases(text, table.index):
        for start in _occurrences(phrase, text):
            yield Place(table.rules[number], start, start + len(phrase))
    for position in sorted(_wanted_patterns(text, table.index)):
        expression, number = table.index.patterns[position]
        for match in pattern_of(expression).finditer(text):
            yield Place(table.rules[number], *match.span())


def _phrases(text: str, index: Index) -> list[tuple[str, int]]:
    """The phrases in the text, each with its rule's number, perhaps within words."""
    # a phrase stands between the edges of words, so its words are words of the text, one after the other
    words = _WORDS.findall(text)
    pairs = {f"{first} {second}" for first, second in pairwise(words)}
    keys = index.worded.keys() & pairs.union(words)
    candidates = chain(index.loose, *(index.worded[key] for key in keys))
    return [(phrase, number) for phrase, number in candidates if phrase in text]


def _wanted_patterns(text: str, index: Index) -> set[int]:
    leads = index.leads
    numbers: set[int] = set()
    for lead in leads.keys() & {text[start : start + _LEAD] for start in range(len(text) - _LEAD + 1)}:
        for literal, positions in leads[lead]:
            if literal in text:
                numbers.update(positions)
    for literal, positions in index.short:
        if literal in text:
            numbers.update(positions)
    return numbers


def _occurrences(phrase: str, text: str) -> Iterator[int]:
    """The places of `phrase` in `text` as complete words."""
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
