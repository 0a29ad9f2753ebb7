"""Which notions stand in a text that no rule reads: words and stems in many languages, folded and looked up.

The words are data (notions.toml). A stem matches from the start of a word; where words are not
separated (Chinese, Japanese, Korean) it matches anywhere. Of several at one place the longest counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

_FOLDS = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "æ": "ae", "ё": "е", "ı": "i"})
# What separates words; the brackets of placeholders (<ip>) and marks inside words stay.
_GAPS = re.compile(r"[^\w<>'/-]+|_+")
_UNSPACED = "\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_STARTS = re.compile(rf"(?<!\w)[\w<]|[{_UNSPACED}]|(?<=[{_UNSPACED}])\w")


def fold(text: str) -> str:
    """Lower-case without accents, so that what is written with or without them compares equal.

    Hangul and kana are composed again: their marks tell words apart.
    """
    lowered = text.lower().translate(_FOLDS)
    if lowered.isascii():
        return lowered
    plain = "".join(mark for mark in unicodedata.normalize("NFD", lowered) if not 0x300 <= ord(mark) <= 0x36F)
    return unicodedata.normalize("NFC", plain)


def compile_stems(table: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Turn notion -> words into folded word -> notions."""
    stems: dict[str, list[str]] = {}
    for notion, words in table.items():
        for word in words:
            known = stems.setdefault(fold(word), [])
            if notion not in known:
                known.append(notion)
    return stems


def notions(text: str, stems: Mapping[str, list[str]], longest: int = 0) -> frozenset[str]:
    """The notions that words of `text` stand for. `longest` is the length of the longest stem, if known."""
    folded = f"{_GAPS.sub(' ', fold(text)).strip()} "
    return frozenset(_found(folded, stems, longest or max(map(len, stems), default=0)))


def _found(text: str, stems: Mapping[str, list[str]], longest: int) -> Iterator[str]:
    taken = 0
    for match in _STARTS.finditer(text):
        start = match.start()
        if start < taken and not text[start].isascii():
            continue  # inside a longer entry: "loop" stands in the Japanese word for "group"
        for length in range(min(longest, len(text) - start), 1, -1):
            named = stems.get(text[start : start + length])
            if named:
                taken = start + length
                yield from named
                break
