"""Escapes text from outside for Markdown; the only place that does.

Trackers look for references (a mention, an issue, a commit, a link) in the rendered page, where escapes are
gone; each has its own growing list of them. None looks inside code. So this is not a list of special forms: a
word of letters is text, and every other word becomes a code span.
"""

from __future__ import annotations

import re
import unicodedata

from probe.model.text import inert_lines, printable

_WORD = re.compile(r"\S+")
_STOPS = ",.;:?!…%"
_OPENING, _CLOSING = "(\"'“‘«", ")\"'”’»" + _STOPS
_MARKED = re.compile("[\"'()“”‘’«»]")
_JOINT = re.compile(r"[-'’/]")
_NUMBER = re.compile(r"[+−-]?[0-9]{1,6}(?:[.,][0-9]{1,6})?")
_SIGNS = frozenset({*"→·–—…≥≤×−+-=/&<>", "IPv4", "IPv6"})
# From this number of digits a tracker treats a word as a commit; for some, letters beyond ASCII are no word
_COMMIT_LETTERS = 7
_COMMIT = re.compile(rf"(?<![0-9A-Za-z])[0-9A-Fa-f]{{{_COMMIT_LETTERS},}}(?![0-9A-Za-z])")
_NAMES_NEXT = re.compile(r"[:%!&~][\"'(\[]")  # `version:" 1.0"` of Redmine, `%" next"` of GitLab
# Bugzilla and Launchpad: `bug 7`, `comment 7`
_CITES = re.compile(
    r"(?i)\b(?:bug|issue|ticket|task|comment|note|attachment|changeset|commit|revision)s?\W{0,3}$"
)
_BAR = re.compile(r"([|]+)")
# A code span with single backticks cannot contain one, and loses spaces at both ends
_IN_CODE = re.compile(r"(?P<code>[^`\s](?:[^`]*[^`\s])?)|`+")
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "`": "&#96;", "[": r"\[", "]": r"\]"}
)
_BLOCK_START = re.compile(r"^([-+=:]|\d{1,9}[.)])")
# Some trackers remove code from the source by its marks alone before they look for mentions: three of these
# would begin or end a block for them. Some obey `/close` at the beginning of any line. And Jira's own markup,
# which has no backticks, mentions `[~name]`, and ends a block with `{noformat}`.
_NAIVE = re.compile(r"(?i)~{3,}|`{3,}|\[(?=~)|^/(?=\w)|\{(?=noformat)")


def markdown_text(text: str) -> str:
    """One line of text, literal in every position of a Markdown document, table cells included.

    Words of letters, and numbers of up to six digits, are unchanged; anything else between two spaces becomes
    a code span, without the punctuation before and after it.
    """
    return unmistaken(markdown_run(text).strip())


def markdown_run(text: str) -> str:
    """A part of a line: as `markdown_text`, with the spaces at its ends. The complete line must not begin
    another kind of block: see `unmistaken`."""
    text = printable(text)
    pieces: list[str] = []
    before, at = "", 0
    for match in _WORD.finditer(text):
        pieces += (text[at : match.start()], _word(match[0], before))
        before, at = match[0], match.end()
    return "".join((*pieces, text[at:]))


def unmistaken(line: str) -> str:
    """A complete line of Markdown, changed so that it does not begin like a list or a table."""
    return _BLOCK_START.sub(_escape_start, line)


def _word(word: str, before: str) -> str:
    if word.isascii() and word.isalpha() and len(word) < _COMMIT_LETTERS:
        return word  # as most are
    # brackets around several words are punctuation; around one word, or doubled, some trackers make a link
    brackets = [char for char in word if char in "[]"]
    bracket = brackets[0] if len(brackets) == 1 else ""
    inner = word.lstrip(_OPENING + bracket)
    core = inner.rstrip(_CLOSING + bracket)
    head, tail = word[: len(word) - len(inner)], inner[len(core) :]
    if _NAMES_NEXT.search(word):
        head, core, tail = "", word, ""
    elif _is_text(core) and not (core.isdigit() and _CITES.search(before)):
        return _escape(word)
    elif _MARKED.search(core):  # `{"id":"x"}`: its first and last mark belong to it
        head, core = "", word.rstrip(_STOPS)
        tail = word[len(core) :]
    # a bar would end a cell, in code as well
    pieces = (_escape(piece) if number % 2 else _code(piece) for number, piece in enumerate(_BAR.split(core)))
    return f"{_escape(head)}{''.join(pieces)}{_escape(tail)}"


def _is_text(word: str) -> bool:
    if not word or word in _SIGNS or _NUMBER.fullmatch(word) is not None:
        return True
    return all(_is_word_of_letters(part) for part in _JOINT.split(word))


def _is_word_of_letters(part: str) -> bool:
    if _COMMIT.search(part) is not None:
        return False
    if part.isascii():
        return part.isalpha()
    return part[0].isalpha() and all(unicodedata.category(char)[0] in "LM" for char in part)


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)


def _escape_start(match: re.Match[str]) -> str:
    return match[1][:-1] + "\\" + match[1][-1]


def markdown_code(text: str) -> str:
    """Code spans of one backtick each, not for table cells. Backticks of the text are placed between them as
    entities; this also works for readers that remove code by its marks alone."""
    return _code(printable(text).strip()) or "` `"


def _code(text: str) -> str:
    return _IN_CODE.sub(lambda match: f"`{match[0]}`" if match["code"] else _escape(match[0]), _inert(text))


def _inert(text: str) -> str:
    return _NAIVE.sub(lambda match: "".join(f"\\x{ord(char):02x}" for char in match[0]), text)


def markdown_fence(lines: list[str], language: str = "text") -> list[str]:
    """A fenced block that nothing inside can end, not even for readers that look for three backticks or
    tildes anywhere: these are escaped."""
    return ["```" + language, *(inert_lines(_inert(printable(line))) for line in lines), "```"]
