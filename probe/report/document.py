"""A report as a document: what it says and in which order, without form. Builders make it, writers write it.

A string of a stranger (a reply, a name, an address, a record) stands here as it came: in a line it is marked
(`probe.report.line`), elsewhere the field says so. No builder escapes, and no writer decides what is said.
The set of nodes is closed: a writer meets each of them by `match`, and mypy sees that none is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from probe.model.verdict import ExitCode
from probe.report.line import Line
from probe.report.rows import (
    ArguedCause,
    Argument,
    Column,
    Entry,
    Fact,
    FindingRow,
    HypothesisRow,
    Note,
    Ranking,
    Share,
    Side,
    StepRow,
    Transcript,
    Turn,
)

# rows belong to the vocabulary: who makes or writes a document imports this module alone
__all__ = [
    "Advice", "ArguedCause", "Argument", "Block", "Colophon", "Column", "Dialogue", "Document", "Entries",
    "Entry", "Fact", "Facts", "FindingRow", "Findings", "Hypotheses", "HypothesisRow", "Items", "Note",
    "Notes", "Paragraph", "Part", "Quote", "Ranking", "Section", "Share", "Side", "StepRow", "Steps",
    "Subject", "Table", "Title", "Tone", "Transcript", "Turn", "Verdict", "Weighing",
]  # fmt: skip


class Tone(Enum):
    """How good the news is; never carries meaning that the words do not have."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Subject:
    """What one entry among others is about: a word in capitals, the thing, and facts of it."""

    word: str
    tone: Tone
    line: Line
    facts: tuple[Fact | Ranking, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict in capitals, where it fell, the reply that it rests on (empty: none), and remarks."""

    word: str
    tone: Tone
    place: Line
    reply: str = ""
    remarks: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and values."""

    rows: tuple[Fact | Ranking, ...]


@dataclass(frozen=True, slots=True)
class Notes:
    """Names and what is told of each."""

    rows: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or more."""

    line: Line


@dataclass(frozen=True, slots=True)
class Advice:
    """Something to do."""

    line: Line


@dataclass(frozen=True, slots=True)
class Items:
    """A list of remarks."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """Records, one after another."""

    rows: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many cells as there are columns, at least one each. Raises ValueError otherwise."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Line, ...], ...]

    def __post_init__(self) -> None:
        if not self.columns or any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a table needs columns, and each row as many cells")


@dataclass(frozen=True, slots=True)
class Weighing:
    """The evidence behind causes."""

    causes: tuple[ArguedCause, ...]


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """Every kind of explanation, one after another."""

    rows: tuple[HypothesisRow, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the checks found, the gravest first."""

    rows: tuple[FindingRow, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """The checklist."""

    rows: tuple[StepRow, ...]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Sessions, every line of each."""

    sessions: tuple[Transcript, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Lines to be passed on as they stand."""

    lines: tuple[str, ...]


Part: TypeAlias = (
    Facts
    | Notes
    | Paragraph
    | Advice
    | Items
    | Entries
    | Table
    | Weighing
    | Hypotheses
    | Findings
    | Steps
    | Dialogue
    | Quote
)


@dataclass(frozen=True, slots=True)
class Section:
    """Parts under a heading."""

    heading: Line
    parts: tuple[Part, ...]


Block: TypeAlias = Subject | Verdict | Part | Section


@dataclass(frozen=True, slots=True)
class Title:
    """Whom a report is about, and what it cost."""

    line: Line
    effort: Line = ()


@dataclass(frozen=True, slots=True)
class Colophon:
    """How a report came about: by which version, when (RFC 3339), and the exit code."""

    version: str
    started_at: str
    exit_code: ExitCode


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report, or an entry of several that follow one another (a reply, a bounce): those have no
    title. `caution` stands before everything else: what is told is not real."""

    blocks: tuple[Block, ...]
    title: Title | None = None
    caution: Line = ()
    colophon: Colophon | None = None
