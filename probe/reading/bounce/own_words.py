"""The reason in a notice: its text without the formulas that every such notice has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from probe._regex import regex
from probe.reading.bounce.expressions import Alternatives, LineMemory

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
_LABEL = regex(r"\A(?:(?:the following )?reason was given|reason|cause|error)[ \t]*:[ \t]*", re.IGNORECASE)
_GOES_ON = regex(r"(?!because|due|reason|as |since )[a-z]")
_CLAUSE = regex(
    r"(?:\b(?=because\b)|(?:\S+ ){3}[^\s:]+: +)([^\n.]{4,200}(?:\n(?![ \t]*\n)[^\n.]+)?)", re.IGNORECASE
)
_SENTENCE_ENDS = (".", "!", "?", ":", ";")


class ReasonWords:
    """Tells the lines of a notice that hold its reason: which have words of reasons (`telling`), and which
    those of any notice (`formula`)."""

    def __init__(self, telling: Alternatives, formula: Alternatives) -> None:
        self.telling = LineMemory(telling.are_in)
        self.formula = LineMemory(formula.are_in)


def own_words(text: str, words: ReasonWords) -> str:
    """The line with the reason and the rest of its sentence; if there is no such line, everything that is not
    a formula. Empty when nothing is left: then the notice gives no reason."""
    lines = list(_until_signature(text.split("\n")[:_MOST_LINES], words))
    for index, line in enumerate(lines):
        if words.telling.of(line):
            first = _first_of_sentence(lines, index)
            return _join((*lines[first : index + 1], *_next_lines(lines[index + 1 :], words)))
    return _join(lines) or _clause(text[:_LIMIT], words)


def _clause(text: str, words: ReasonWords) -> str:
    """The clause that gives the reason in a sentence that is otherwise a formula."""
    clauses = (_join([match[1]]) for match in _CLAUSE.finditer(text))
    return next((clause for clause in clauses if words.telling.of(clause)), "")


def _first_of_sentence(lines: Sequence[str], index: int) -> int:
    """The index of the line in which the sentence with the reason begins."""
    first = index
    while first > max(0, index - _FOLLOWING) and _CONTINUED.match(lines[first]):
        above = lines[first - 1]
        if not above or above.endswith(_SENTENCE_ENDS):
            break
        first -= 1
    return first


def _next_lines(lines: Sequence[str], words: ReasonWords) -> Iterator[str]:
    """The next lines of the same sentence, and those with reasons of their own."""
    for line in lines[:_FOLLOWING]:
        if not line or not (_CONTINUED.match(line) or words.telling.of(line)):
            return
        yield line


def _until_signature(lines: Sequence[str], words: ReasonWords) -> Iterator[str]:
    """The lines up to a signature, stripped; formulas, addresses and ruler lines become empty."""
    in_formula = False  # the sentence of a formula may continue in the next line
    for raw in lines:
        if _SIGNATURE.match(raw):
            return
        line = (_LINK.sub("", raw) if "<" in raw else raw).strip()
        has_formula = words.formula.of(line)
        if has_formula and len(line) > _LONG_LINE and (others := _other_sentences(line, words)):
            line, has_formula = others, words.formula.of(others)
        is_formula = has_formula or (
            in_formula and _GOES_ON.match(line) is not None and not words.telling.of(line)
        )
        in_formula = is_formula and not line.endswith(_SENTENCE_ENDS)
        is_empty = is_formula or _RULE.fullmatch(line) or _ADDRESS_ONLY.fullmatch(line)
        yield "" if is_empty else line


def _other_sentences(line: str, words: ReasonWords) -> str:
    """For a paragraph on one line: its sentences with a reason, if others are formulas."""
    sentences = _SENTENCES.split(line)
    parts = (item for item in sentences if words.telling.of(item) and not words.formula.of(item))
    return " ".join(parts)


def _join(lines: Iterable[str]) -> str:
    return _LABEL.sub("", " ".join(" ".join(lines).split()))[:_LIMIT]
