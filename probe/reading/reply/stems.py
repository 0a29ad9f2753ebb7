"""The words and stems of notions, in many languages: how they are stored, and which a text has at a place.

The words are data (notions.toml and vocabulary.toml). A stem matches from the start of a word.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache

from probe._named_tuple import NamedTuple
from probe.reading.reply.folding import plain
from probe.reading.reply.patterns import pattern_of

HINTS = ""
"""The language of the words of notions.toml, which hint at a notion and make no sentence."""
ANY = "any"
"""The language of words that every language has: SPF, spam, an address."""

Stems = Mapping[str, str]
"""The first two letters of folded words -> the words that begin so, a line each: the word, a tab, and its
meanings with `|` between them: notion, language, and what must follow soon (or nothing), with `:` between
them. Strings, because a table of thousands is loaded by every run, which looks at few of them."""

_FOLDS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe"})
UNSPACED = "\u0590-\u06ff\u0900-\u097f\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_OF_UNSPACED = f"[{UNSPACED}]"
_JUNCTIONS = rf"(?<=[a-z0-9])(?=[{UNSPACED}])|(?<=[{UNSPACED}])(?=[a-z0-9])"
LEAD = 2  # leading letters of a word used for look-up
_FEW = 4  # letters
LOST = "ʔ"
"""Stands in a text for a letter that a program did not write, and is like any letter."""


class Meaning(NamedTuple):
    """A possible meaning of a word: a notion, in a language, if `rest` follows soon (empty: always)."""

    notion: str
    language: str
    rest: str


def fold(text: str) -> str:
    """Lower-case without accents, so that both spellings are equal.

    Hangul and kana keep their marks, which distinguish words. An ASCII word inside a script without spaces
    gets spaces before and after it.
    """
    lower = text.lower()
    if lower.isascii():
        return lower
    folded = plain(unicodedata.normalize("NFC", lower).replace("\u0307", "")).translate(_FOLDS)
    return pattern_of(_JUNCTIONS).sub(" ", folded)


def compile_stems(
    hints: Mapping[str, Sequence[str]], vocabulary: Mapping[str, Mapping[str, Sequence[str]]] | None = None
) -> dict[str, str]:
    """Turn notion -> words, and language -> notion -> words, into `Stems`."""
    stems: dict[str, dict[str, None]] = {}
    for language, table in ((HINTS, hints), *(vocabulary or {}).items()):
        for notion, words in table.items():
            for word in words:
                first, _, rest = fold(word).partition(" .. ")
                stems.setdefault(first, {})[f"{notion}:{language}:{rest}"] = None
    lines: dict[str, list[str]] = {}
    for word, meanings in stems.items():
        lines.setdefault(word[:LEAD], []).append(f"{word}\t{'|'.join(meanings)}")
    return {lead: "\n".join(entries) for lead, entries in lines.items()}


class _Entries(NamedTuple):
    """One value of `Stems`: word -> its meanings; the lengths that words have, the longest first; and the
    entries of several words by the first of them."""

    words: Mapping[str, str]
    lengths: Sequence[int]
    phrases: Mapping[str, Sequence[str]]


@cache
def _entries(lines: str) -> _Entries:
    entries = dict(line.split("\t") for line in lines.split("\n"))
    phrases: dict[str, list[str]] = {}
    for entry in entries:
        first, blank, _ = entry.partition(" ")
        if blank:
            phrases.setdefault(first, []).append(entry)
    return _Entries(entries, sorted(set(map(len, entries)), reverse=True), phrases)


@lru_cache(maxsize=4096)
def _entries_of(word: str, lines: str) -> Sequence[tuple[str, Sequence[Meaning]]]:
    """The entries that begin where a word does, the longest first; of one with a blank the rest is not
    compared. The words of replies repeat."""
    entries = _entries(lines)
    present = [word[:length] for length in entries.lengths if word[:length] in entries.words]
    present += entries.phrases.get(word, ())
    unique = sorted(dict.fromkeys(present), key=len, reverse=True)
    return [(entry, _meanings(entries.words[entry])) for entry in unique]


def entries_at(text: str, start: int, lines: str) -> Iterator[tuple[int, Sequence[Meaning]]]:
    """The entries that a text has at a place, each by its length, the longest first."""
    if text.isascii():
        for entry, meanings in _entries_of(text[start : text.find(" ", start)], lines):
            if " " not in entry or text.startswith(entry, start):
                yield len(entry), meanings
        return
    words, lengths, _ = _entries(lines)
    if LOST in text:
        lost = [entry for entry in words if _is_told(text[start : start + len(entry)], entry)]
        yield from ((len(entry), _meanings(words[entry])) for entry in sorted(lost, key=len, reverse=True))
        return
    for length in lengths:
        meanings_text = words.get(text[start : start + length])
        if meanings_text:
            yield length, _meanings(meanings_text)


def lines_like(lead: str, stems: Stems) -> str:
    """The lines of all words that begin like letters of which some are lost."""
    return "\n".join(lines for first, lines in stems.items() if _is_like(lead, first))


def _is_told(text: str, entry: str) -> bool:
    """Whether the letters that are left tell an entry: one that ends in a lost letter has lost no other."""
    if text.endswith(LOST) and (text.count(LOST) > 1 or len(text) <= _FEW):
        return False
    return _is_like(text, entry)


def _is_like(text: str, entry: str) -> bool:
    """Whether the letters of both are equal but for those that are lost."""
    return len(text) == len(entry) and all(
        letter in (LOST, other) for letter, other in zip(text, entry, strict=True)
    )


@lru_cache(maxsize=4096)
def _meanings(meanings: str) -> tuple[Meaning, ...]:
    return tuple(Meaning(*meaning.split(":", 2)) for meaning in meanings.split("|"))


def is_unspaced(letter: str) -> bool:
    """Whether a letter is of a script that writes words together."""
    return not letter.isascii() and pattern_of(_OF_UNSPACED).match(letter) is not None
