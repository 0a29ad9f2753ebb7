"""Regular expressions over the text of a bounce, most of which are never compiled.

A notice has the words of one layout of fifty. Each expression knows words of which one must be there (see
`literals`), and is compiled and searched only if one is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

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

    def _may_be_in(self, text: str) -> bool:
        words = self.literals.words
        return not words or any(map(folded(text).__contains__, words))


def likely(expressions: Iterable[Expression], text: str) -> Iterator[Expression]:
    """Those that may be found in the text, in their order."""
    is_there = folded(text).__contains__
    for item in expressions:
        words = item.literals.words
        if not words or any(map(is_there, words)):
            yield item


class Alternatives(NamedTuple):
    """Expressions of which any one counts: all of them as one (`whole`), the words that are all
    of some of them (`words`), and the others, which must be searched."""

    whole: Expression
    words: tuple[str, ...]
    others: tuple[Expression, ...]

    @classmethod
    def of(cls, texts: Sequence[str], flags: int, needs: Needs) -> Alternatives:
        """With the words that they need."""
        each = [Expression.of(text, flags, needs) for text in texts]
        all_words = tuple(word for item in each for word in item.literals.words)
        is_known = all(item.literals.words for item in each)
        of_any = Literals(all_words if is_known else (), False)
        return cls(
            Expression("|".join(f"(?:{text})" for text in texts), flags, of_any),
            tuple(word for item in each if item.literals.is_all for word in item.literals.words),
            tuple(item for item in each if not item.literals.is_all),
        )

    def are_in(self, text: str) -> bool:
        """Whether any of them is found; each is compiled only if it may be."""
        is_there = folded(text).__contains__
        if any(map(is_there, self.words)):
            return True
        for item in self.others:
            words = item.literals.words
            if (not words or any(map(is_there, words))) and pattern_of(item.text, item.flags).search(text):
                return True
        return False
