"""Known mail programs and how to recognise them (software.toml).

A greeting is a claim: operators change it, some programs copy it, and Postfix from 3.11 on can replace any
reply. The result is only evidence for the meaning of a vague reply, never a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from probe._dataclass import dataclass
from probe.knowledge import toml_import
from probe.knowledge.rule_files import SOFTWARE
from probe.reading.reply.speaker import Speaker

_LIMIT = 2048  # characters of an answer to search


@dataclass(frozen=True, slots=True)
class Software:
    """One program. `kind`: "server" (it greets), "filter" (it works behind a server) or "store" (mailboxes
    and lists, recognised by their words in bounces). `greeting`, `ehlo` and `wording` are patterns over the
    greeting, the answer to EHLO, and the answers that accept MAIL or RCPT, in lower case; empty if they are
    not distinctive. `versions`: those that were examined; `basis`: "run" (it was run) or "source" (its source
    was read)."""

    id: str
    title: str
    kind: str
    greeting: str
    ehlo: str
    wording: str
    versions: str
    basis: str
    source: str
    date: str


@cache
def all_software() -> tuple[Software, ...]:
    """Every program of the table, in its order."""
    table = toml_import.load(SOFTWARE)
    return tuple(
        Software(
            id=row["id"],
            title=row["title"],
            kind=row["kind"],
            greeting=row.get("greeting", ""),
            ehlo=row.get("ehlo", ""),
            wording=row.get("wording", ""),
            versions=row["versions"],
            basis=row["basis"],
            source=row["source"],
            date=row.get("date", table["date"]),
        )
        for row in table["software"]
    )


def tell(greeting: str, ehlo: str, answers: Sequence[str]) -> Speaker | None:
    """The program of a server: by its greeting, else by its answer to EHLO, else by its positive replies.

    All are texts without reply codes. None if nothing or more than one program matches.
    """
    by_greeting = _only(item for item in all_software() if _is_in(item.greeting, greeting))
    if by_greeting is not None:
        return Speaker(by_greeting.id, f"{by_greeting.title}, by its greeting, which anybody can set")
    if any(_is_in(item.greeting, greeting) for item in all_software()):
        return None
    factor = float(toml_import.load(SOFTWARE)["unnamed"])
    by_ehlo = _only(item for item in all_software() if _is_in(item.ehlo, ehlo))
    if by_ehlo is not None:
        return Speaker(by_ehlo.id, f"{by_ehlo.title}, by its answer to EHLO", False, factor)
    by_words = _only(item for item in all_software() if any(_is_in(item.wording, it) for it in answers))
    if by_words is not None:
        return Speaker(by_words.id, f"{by_words.title}, by the words with which it accepts", False, factor)
    return None


def _only(programs: Iterable[Software]) -> Software | None:
    """The only match; None for none or several."""
    matches = tuple(programs)
    return matches[0] if len(matches) == 1 else None


def _is_in(pattern: str, text: str) -> bool:
    return bool(pattern) and _compile(pattern).search(text[:_LIMIT].lower()) is not None


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
