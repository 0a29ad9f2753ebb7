"""The reason in a notice: its text without the formulas that every such notice has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from probe._regex import regex
from probe.reading.bounce.expressions import Alternatives

_LIMIT = 2000  # characters
_MOST_LINES = 200
_FOLLOWING = 4  # lines that continue the one with the reason
_ADDRESS_ONLY = regex(r"(?:\"[^\"]{0,200}\")?[\s*•>|<\"'\[(-]*+[^\s@]{1,128}@[^\s@]{1,255}")
_RULE = regex(r"[\W_]*")  # a line of dashes, stars or nothing
_SIGNATURE = regex(r"(?:_{8,}|~{8,}|-- ?)\s*$")
_CONTINUED = regex(r"[a-z(\"'<\d]")
_LINK = regex(r"<mailto:[^>\n]{0,400}>")
_SENTENCES = regex(r"(?<=[.!?]) +(?=[A-Z])")
_LONG_LINE = 100  # characters; a line that was not wrapped
_LABEL = regex(r"\A(?:reason|cause|error)[ \t]*:[ \t]*", re.IGNORECASE)
_GOES_ON = regex(r"(?!because|due|reason|as |since )[a-z]")
_SENTENCE_ENDS = (".", "!", "?", ":", ";")


def own_words(text: str, words: Mapping[str, Alternatives]) -> str:
    """The line with the reason and the rest of its sentence; if there is no such line, everything that is not
    a formula.

    `words` has `telling` (words of reasons) and `formula` (words of any notice). Empty when nothing is left:
    then the notice gives no reason.
    """
    raw_lines = text.split("\n")[:_MOST_LINES]
    whole = _LINK.sub("", "\n".join(raw_lines))
    words = {name: words[name].within(whole) for name in ("telling", "formula")}
    lines = list(_until_signature(raw_lines, words))
    for index, line in enumerate(lines):
        if words["telling"].are_in(line):
            first = _first_of_sentence(lines, index)
            return _join((*lines[first : index + 1], *_next_lines(lines[index + 1 :], words["telling"])))
    return _join(lines)


def _first_of_sentence(lines: Sequence[str], index: int) -> int:
    """The index of the line in which the sentence with the reason begins."""
    first = index
    while first > max(0, index - _FOLLOWING) and _CONTINUED.match(lines[first]):
        above = lines[first - 1]
        if not above or above.endswith(_SENTENCE_ENDS):
            break
        first -= 1
    return first


def _next_lines(lines: Sequence[str], telling: Alternatives) -> Iterator[str]:
    """The next lines of the same sentence, and those with reasons of their own."""
    for line in lines[:_FOLLOWING]:
        if not line or not (_CONTINUED.match(line) or telling.are_in(line)):
            return
        yield line


def _until_signature(lines: Sequence[str], words: Mapping[str, Alternatives]) -> Iterator[str]:
    """The lines up to a signature, stripped; formulas, addresses and ruler lines become empty."""
    in_formula = False  # the sentence of a formula may continue in the next line
    for raw in lines:
        if _SIGNATURE.match(raw):
            return
        line = (_LINK.sub("", raw) if "<" in raw else raw).strip()
        has_formula = words["formula"].are_in(line)
        if has_formula and len(line) > _LONG_LINE and (others := _other_sentences(line, words)):
            line, has_formula = others, words["formula"].are_in(others)
        is_formula = has_formula or (
            in_formula and _GOES_ON.match(line) is not None and not words["telling"].are_in(line)
        )
        in_formula = is_formula and not line.endswith(_SENTENCE_ENDS)
        is_empty = is_formula or _RULE.fullmatch(line) or _ADDRESS_ONLY.fullmatch(line)
        yield "" if is_empty else line


def _other_sentences(line: str, words: Mapping[str, Alternatives]) -> str:
    """For a paragraph on one line: its sentences with a reason, if others are formulas."""
    sentences = _SENTENCES.split(line)
    parts = (
        item for item in sentences if words["telling"].are_in(item) and not words["formula"].are_in(item)
    )
    return " ".join(parts)


def _join(lines: Iterable[str]) -> str:
    return _LABEL.sub("", " ".join(" ".join(lines).split()))[:_LIMIT]
