"""Regular expressions over the text of a bounce, most of which are never compiled.

A notice has the words of one layout of fifty. Each expression knows words of which one must be there (see
`literals`), and is compiled and searched only if one is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Generic, TypeVar

from probe._named_tuple import NamedTuple
from probe.reading.reply.patterns import pattern_of

IGNORE_CASE = re.IGNORECASE
BY_LINES = re.IGNORECASE | re.MULTILINE


class Literals(NamedTuple):
    """Words as `folded` gives them, of which one is in every text that an expression is found in; none if
    that is not known. `is_all`: wherever one of them is, the expression is found."""

    words: Sequence[str]
    is_all: bool


NOT_KNOWN = Literals((), False)
Needs = Mapping[str, Literals]
"""The literals of expressions by their text; one that is not there has none."""

_LINES = 2_048  # that are remembered
_LONG_LINE = 256  # characters: longer ones are mostly of one message

# Where re.IGNORECASE takes for one letter what lower() keeps apart: of i and s, and of Cyrillic
_TWINS = str.maketrans("İıſᲀᲁᲂᲃᲄᲅᲆᲇᲈ", "iisвдосттъѣꙋ")


@lru_cache(maxsize=4)  # dozens of expressions are searched in one text, one after the other
def folded(text: str) -> str:
    """The text in lower case, with one letter for all that re.IGNORECASE takes for one."""
    return text.lower() if text.isascii() else text.translate(_TWINS).lower()


class Expression(NamedTuple):
    """An expression that is compiled when it is first used. Its methods are those of `re.Pattern`, and raise
    re.error for a wrong one."""

    text: str
    flags: int
    literals: Literals = NOT_KNOWN

    @classmethod
    def of(cls, text: str, flags: int, needs: Needs) -> Expression:
        """With the words that it needs."""
        return cls(text, flags, needs.get(text, NOT_KNOWN))

    def search(self, text: str) -> re.Match[str] | None:
        return pattern_of(self.text, self.flags).search(text) if self._may_be_in(text) else None

    def match(self, text: str) -> re.Match[str] | None:
        return pattern_of(self.text, self.flags).match(text) if self._may_be_in(text) else None

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return pattern_of(self.text, self.flags).finditer(text) if self._may_be_in(text) else iter(())

    def sub(self, replacement: str, text: str) -> str:
        return pattern_of(self.text, self.flags).sub(replacement, text) if self._may_be_in(text) else text

    def _may_be_in(self, text: str) -> bool:
        words = self.literals.words
        return not words or any(map(folded(text).__contains__, words))


Item = TypeVar("Item")


class LineMemory(Generic[Item]):
    """What a function finds out about lines: bounces have most of their lines in common."""

    def __init__(self, look: Callable[[str], Item]) -> None:
        self._look = look
        self.once = lru_cache(maxsize=_LINES)(look)

    def of(self, line: str) -> Item:
        """What it finds out about a line."""
        return self.once(line) if len(line) <= _LONG_LINE else self._look(line)


class Choice(Generic[Item]):
    """Things of which few concern a text, each with the literals of which one is then in it.

    A literal with a word between spaces ("list of recipients" has "of") is looked for only where that word
    is. What a line has is remembered.
    """

    def __init__(self, items: Iterable[tuple[Item, Literals]]) -> None:
        self._items: list[Item] = []
        self._numbers: dict[str, list[int]] = {}  # literal -> the items that need it
        self._by_word: dict[str, list[str]] = {}
        self._without_word: list[str] = []
        self._always: set[int] = set()
        for number, (item, literals) in enumerate(items):
            self._items.append(item)
            if not literals.words or "\n" in "".join(literals.words):
                self._always.add(number)
                continue
            for literal in literals.words:
                inner = (word for word in literal.split(" ")[1:-1] if word.split() == [word])
                word = max(inner, key=len, default="")
                if literal not in self._numbers:
                    (self._by_word.setdefault(word, []) if word else self._without_word).append(literal)
                self._numbers.setdefault(literal, []).append(number)
        self._lines = LineMemory(self._in_line)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def likely(self, text: str) -> list[Item]:
        """Those that may concern the text, in their order."""
        numbers = self._always.union(*map(self._lines.of, folded(text).split("\n")))
        return [self._items[number] for number in sorted(numbers)]

    def _in_line(self, line: str) -> frozenset[int]:
        """The numbers of those that may concern a line in lower case."""
        is_there = line.__contains__
        literals = [*filter(is_there, self._without_word)]
        for word in self._by_word.keys() & line.split():
            literals += filter(is_there, self._by_word[word])
        return frozenset[int]().union(*map(self._numbers.__getitem__, literals))


class Alternatives(NamedTuple):
    """Expressions of which any one counts.

    `whole` is all of them as one; `words` are all that some of them stand for; the `others` must be searched
    if one of `other_words` is there (empty if these are not known of each).
    """

    whole: Expression
    words: tuple[str, ...]
    others: tuple[Expression, ...]
    other_words: tuple[str, ...]

    @classmethod
    def of(cls, texts: Sequence[str], flags: int, needs: Needs) -> Alternatives:
        """With the words that they need."""
        each = [Expression.of(text, flags, needs) for text in texts]
        others = tuple(item for item in each if not item.literals.is_all)
        words = tuple(word for item in each if item.literals.is_all for word in item.literals.words)
        is_known = all(item.literals.words for item in others)
        other_words = tuple(word for item in others for word in item.literals.words) if is_known else ()
        of_any = Literals((*words, *other_words) if is_known else (), False)
        whole = Expression("|".join(f"(?:{text})" for text in texts), flags, of_any)
        return cls(whole, words, others, other_words)

    def are_in(self, text: str) -> bool:
        """Whether any of them is found; each is compiled only if it may be."""
        is_there = folded(text).__contains__
        if any(map(is_there, self.words)):
            return True
        if self.other_words and not any(map(is_there, self.other_words)):
            return False
        for item in self.others:
            words = item.literals.words
            if (not words or any(map(is_there, words))) and pattern_of(item.text, item.flags).search(text):
                return True
        return False
