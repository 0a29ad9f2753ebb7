"""Removes the forms in which programs wrap a reply (wrappings.toml).

Only forms with a fixed word in the text are tried: most replies have no form, and expressions are compiled on
first use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from probe.model.reply import Stage
from probe.reading.reply.patterns import pattern_of
from probe.reading.reply.records import Wrapping
from probe.reading.reply.table import rule_table

# The code of a refusal, but not a group of an IPv6 address.
REFUSAL = re.compile(r"(?<![\d.#\w-])([45]\d\d)(?=[ \-:,;)\]]|$|#|<|\\)(?!\.\d|:[0-9a-fA-F]{1,4}[:\]]|\]:\d)")
# Of positive replies only what SMTP has (RFC 5321 section 4.2.3, RFC 4954): 292 is a queue's counter.
LEADING = re.compile(r"^\W{0,3}(2[0-5]\d|[45]\d\d)(?![\w.])")

Wrappings = Sequence[Wrapping]


def wrappings_in(line: str) -> Wrappings:
    """The forms that a text on one line may contain, in their order."""
    lower, table = line.lower(), rule_table()
    present = {word for word in table.wrapper_words if word in lower}
    return [it for it in table.wrappings if not present.isdisjoint(it.needs)] if present else ()


def without_reported(line: str, wrappings: Wrappings) -> str:
    """The text without the forms of mail libraries and structured logs; the code in them is kept."""
    return _without(line, wrappings, lambda it: it.reported)


def without_forms_within(line: str, wrappings: Wrappings) -> str:
    """The text without additions before, after and between the words of a reply."""
    return _without(line, wrappings, lambda it: it.anywhere)


def without_prefix(line: str, wrappings: Wrappings) -> str:
    """The text without the prefix of a log, unless the prefix is a server's own reply."""
    if LEADING.match(line):
        return line
    for wrapping in wrappings:
        match = _search(wrapping.before, line)
        if match is None:
            continue
        if wrapping.is_first and REFUSAL.search(line[: match.start()]):
            return line
        line = _reply(match, wrapping)
        if not wrapping.goes_on:
            return line
    return line


def without_head(line: str, wrappings: Wrappings) -> tuple[str, Stage | None]:
    """(the text without the mail program's words before those of the server, the stage in them)"""
    stage = None
    for wrapping in wrappings:
        match = _search(wrapping.head, line)
        if match is not None:
            line = f"{match.groupdict().get('code') or ''} {line[match.end() :]}".strip()
            stage = Stage(wrapping.tells) if wrapping.tells else stage
    return line, stage


def stage_named(text: str, wrappings: Wrappings) -> Stage | None:
    """The stage named by the forms in a text; in a transcript the last command before the refusal."""
    first: tuple[int, int, str] | None = None
    for wrapping in wrappings:
        for stage, expression in wrapping.stages.items():
            for match in _compile(expression).finditer(text):
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


def _without(line: str, wrappings: Wrappings, role: Callable[[Wrapping], str]) -> str:
    """The text with every form replaced by a space: from the left, of several forms the first."""
    patterns = [_compile(role(wrapping)) for wrapping in wrappings if role(wrapping)]
    ahead = [match for pattern in patterns if (match := pattern.search(line)) and match[0]]
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
    return "".join((*pieces, line[position:])) if pieces else line


def _search(expression: str, line: str) -> re.Match[str] | None:
    return _compile(expression).search(line) if expression else None


def _compile(expression: str) -> re.Pattern[str]:
    return pattern_of(expression, re.IGNORECASE)
