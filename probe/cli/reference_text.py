"""Markdown helpers for the pages of docs/reference: our own words, and the anchors of headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from probe.model.text import printable

_SPECIAL = re.compile(r"(?i)[\\`*_\[\]|~#!$^]|(?<=[a-z0-9+.-]):(?=//)|(?<=www)\.|^(?:[-+=:]|\d{1,9}[.)])")
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")
MADE = "<!-- Made by python -m probe.cli.reference; do not edit. -->"


def page(title: str, blocks: Iterator[str], origin: str = MADE) -> str:
    """A whole page: `title` is Markdown on one line, each block a paragraph, list or table; `origin` is its
    first line, which says what generates it."""
    return "\n\n".join((origin, f"# {title}", *blocks)) + "\n"


def literal(text: str) -> str:
    """One line of our own text, escaped. Text from outside needs `markdown_text`."""
    text = _SPECIAL.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", printable(text).strip())
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def anchor(heading: str) -> str:
    """The anchor of a heading, as forges make it; `heading` without markup."""
    return _NOT_IN_ANCHORS.sub("", heading.strip().lower()).replace(" ", "-")


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table whose cells are Markdown on one line."""
    heads = tuple(heads)
    lines = (f"| {' | '.join(cells)} |" for cells in (heads, *rows))
    head = next(lines)
    return "\n".join((head, "|" + "---|" * len(heads), *lines))
