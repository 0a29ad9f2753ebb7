"""Removes the forms in which programs wrap a reply (wrappings.toml).

Only forms with a fixed word in the text are tried: most replies have no form, and expressions are compiled on
first use. The forms of two texts with the same words are the same (`Forms`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache

from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.reply.patterns import pattern_of
from probe.reading.reply.records import Wrapping
from probe.reading.reply.table import rule_table

# The code of a refusal, but not a group of an IPv6 address, nor a port (587).
REFUSAL = (
    r"(?<![\d.#\w-])(?<!port: )(?!465\b|587\b)([45]\d\d)"  # 465 and 587 are ports within a text
    r"(?=[ \-:,;)\]]|$|#|<|\\)(?!\.\d|:[0-9a-fA-F]{1,4}[:\]]|\]:\d)"
)
# Of positive replies only what SMTP has (RFC 5321 section 4.2.3, RFC 4954): 292 is a queue's counter.
LEADING = regex(r"^\W{0,3}(2[0-5]\d|[45]\d\d)(?![\w.])")

Patterns = Sequence[tuple[re.Pattern[str], Wrapping]]


class Forms:
    """Some of the wrappings, in their order, and their expressions by what these are for."""

    def __init__(self, wrappings: Sequence[Wrapping]) -> None:
        self.wrappings = wrappings

    @cached_property
    def reported(self) -> Sequence[re.Pattern[str]]:
        return [_compile(it.reported) for it in self.wrappings if it.reported]

    @cached_property
    def anywhere(self) -> Sequence[re.Pattern[str]]:
        return [_compile(it.anywhere) for it in self.wrappings if it.anywhere]

    @cached_property
    def before(self) -> Patterns:
        return [(_compile(it.before), it) for it in self.wrappings if it.before]

    @cached_property
    def head(self) -> Patterns:
        return [(_compile(it.head), it) for it in self.wrappings if it.head]

    @cached_property
    def may_tell_stage(self) -> bool:
        """Whether the words before those of a server may tell a stage."""
        return any(it.head and it.tells for it in self.wrappings)

    @cached_property
    def stages(self) -> Sequence[tuple[re.Pattern[str], str]]:
        return [(_compile(text), stage) for it in self.wrappings for stage, text in it.stages.items()]

    @cached_property
    def stages_in_small(self) -> Sequence[tuple[re.Pattern[str], str]]:
        """The same for a text in small letters of ASCII: their beginning is then found in a fraction of the
        time."""
        return [
            (pattern_of(text, 0 if text.islower() else re.IGNORECASE), stage)
            for it in self.wrappings
            for stage, text in it.stages.items()
        ]


def forms_in(line: str) -> Forms | None:
    """The forms that a text on one line may contain; None for none, as in most replies."""
    lower = line.lower()
    families = rule_table().wrapper_words
    words: list[str] = []
    for root in filter(lower.__contains__, families):
        words.append(root)
        words += filter(lower.__contains__, families[root])
    return forms_with(tuple(words)) if words else None


@lru_cache(maxsize=256)
def forms_with(words: tuple[str, ...]) -> Forms:
    """The forms that need one of these words."""
    present = set(words)
    return Forms([it for it in rule_table().wrappings if not present.isdisjoint(it.needs)])


def without_reported(line: str, forms: Forms) -> str:
    """The text without the forms of mail libraries and structured logs; the code in them is kept."""
    return _without(line, forms.reported)


def without_forms_within(line: str, forms: Forms) -> str:
    """The text without additions before, after and between the words of a reply."""
    return _without(line, forms.anywhere)


def without_prefix(line: str, forms: Forms) -> str:
    """The text without the prefix of a log, unless the prefix is a server's own reply."""
    if LEADING.match(line):
        return line
    for pattern, wrapping in forms.before:
        match = pattern.search(line)
        if match is None:
            continue
        if wrapping.is_first and pattern_of(REFUSAL).search(line[: match.start()]):
            return line
        line = _reply(match, wrapping)
        if not wrapping.goes_on:
            return line
    return line


def without_head(line: str, forms: Forms) -> tuple[str, Stage | None]:
    """(the text without the mail program's words before those of the server, the stage in them)"""
    stage = None
    for pattern, wrapping in forms.head:
        match = pattern.search(line)
        if match is not None:
            line = f"{match.groupdict().get('code') or ''} {line[match.end() :]}".strip()
            stage = Stage(wrapping.tells) if wrapping.tells else stage
    return line, stage


def stage_named(text: str, forms: Forms) -> Stage | None:
    """The stage named by the forms in a text; in a transcript the last command before the refusal."""
    first: tuple[int, int, str] | None = None
    is_ascii = text.isascii()
    lines = text.lower() if is_ascii else text
    for pattern, stage in forms.stages_in_small if is_ascii else forms.stages:
        for match in pattern.finditer(lines):
            # "rejected after data" contains "after data": of two with the same end the longer one counts
            place = (match.end(), -match.start(), stage)
            if first is None or place[:2] > first[:2]:
                first = place
    return Stage(first[2]) if first else None


def _reply(match: re.Match[str], wrapping: Wrapping) -> str:
    """The reply inside or after a form."""
    if wrapping.stands_for:
        return wrapping.stands_for
    groups = match.groupdict()
    parts = (
        [groups.get(name) for name in ("code", "status", "reply")]
        if groups
        else [match.string[match.end() :]]
    )
    return " ".join(part for part in (*parts, wrapping.adds) if part)


def _without(line: str, patterns: Iterable[re.Pattern[str]]) -> str:
    """The text with every form replaced by a space: from the left, of several forms the first."""
    ahead = [match for pattern in patterns if (match := pattern.search(line)) and match[0]]
    if not ahead:
        return line
    position = 0
    pieces: list[str] = []
    while ahead:
        first = min(ahead, key=re.Match.start)
        code = first.groupdict().get("code")
        pieces += [line[position : first.start()], f" {code} " if code else " "]
        position = first.end()
        # matches further ahead are reused, so that the time is linear
        later = (it if it.start() >= position else it.re.search(line, position) for it in ahead)
        ahead = [match for match in later if match and match[0]]
    return "".join((*pieces, line[position:]))


def _compile(expression: str) -> re.Pattern[str]:
    return pattern_of(expression, re.IGNORECASE)
