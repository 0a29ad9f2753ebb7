"""Escaping for Markdown: the only way by which a stranger's text gets into a ticket."""

from __future__ import annotations

import re

from probe.model.text import inert_lines, printable

# Every ASCII punctuation character that can begin a construct inside a line (CommonMark 0.31,
# GFM tables, strikethrough and autolinks). Angle brackets and ampersands become entities,
# because trackers that do not know backslash escapes do know those.
_SPECIAL = re.compile(r"[\\`*_\[\]|~#!$^]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ENTITY = re.compile(r"[&<>]")
_AUTOLINK = re.compile(r"(?i)(?<=[a-z0-9+.-]):(?=//)|(?<=www)\.")
_BLOCK_START = re.compile(r"^(\s*)([-+=:]|\d{1,9}[.)])")
# `@name` calls somebody into a ticket. Trackers look for it in the page that they made of the Markdown, where
# no escape is left; the @ of a mailbox stands behind a letter.
_MENTION = re.compile(r"(?<!\w)@(?=\w)")
_BACKTICKS = re.compile(r"`+")


def markdown_text(text: str) -> str:
    """One line of text, literal in every position of a Markdown document, table cells included."""
    text = _MENTION.sub(r"\\x40", printable(text))
    text = _SPECIAL.sub(lambda match: "\\" + match[0], text)
    text = _ENTITY.sub(lambda match: _ENTITIES[match[0]], text)
    text = _AUTOLINK.sub(lambda match: "\\" + match[0], text)
    return _BLOCK_START.sub(_escaped_start, text).strip()


def _escaped_start(match: re.Match[str]) -> str:
    marker = match[2]
    return match[1] + marker[:-1] + "\\" + marker[-1]


def markdown_code(text: str) -> str:
    """A code span, safe against backticks inside; not for table cells."""
    text = printable(text).strip() or " "
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    ticks = "`" * (longest + 1)
    padding = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{padding}{text}{padding}{ticks}"


def markdown_fence(lines: list[str], language: str = "text") -> list[str]:
    """A fenced block whose fence is longer than any run of backticks inside."""
    shown = [inert_lines(printable(line)) for line in lines]
    longest = max((len(run) for line in shown for run in _BACKTICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence + language, *shown, fence]
