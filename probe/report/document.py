"""A report as a document: what it says and in which order, without form. Builders make it, writers write it.

A string of a stranger (a reply, a name, an address, a record) stands here as it came: in a line it is marked
(`probe.report.line`), elsewhere the field says so. No builder escapes, and no writer decides what is said.
The set of nodes is closed: a writer meets each of them by `match`, and mypy sees that none is missing.

Named tuples, not dataclasses: `explain` loads them, and forty dataclasses cost a seventh of its time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, TypeAlias

from probe.model.verdict import ExitCode
from probe.report.line import Line
from probe.report.rows import (
    Act,
    ArguedCause,
    Argument,
    Column,
    Entry,
    Fact,
    FindingRow,
    HypothesisRow,
    Note,
    Ranking,
    Row,
    Share,
    Side,
    Station,
    StepRow,
    Transcript,
    Turn,
)

# rows belong to the vocabulary: who makes or writes a document imports this module alone
__all__ = [
    "Act", "Advice", "ArguedCause", "Argument", "Block", "Colophon", "Column", "Course", "Dialogue",
    "Document", "Entries", "Entry", "Fact", "Facts", "FindingRow", "Findings", "Hypotheses", "HypothesisRow",
    "Items", "Note", "Notes", "Paragraph", "Part", "Quote", "Ranking", "Row", "Section", "Share", "Side",
    "Station", "StepRow", "Steps", "Subject", "Table", "Title", "Tone", "Transcript", "Turn", "Verdict",
    "Weighing",
]  # fmt: skip


class Tone(Enum):
    """How good the news is; never carries meaning that the words do not have."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


class Subject(NamedTuple):
    """What one entry among others is about: a word in capitals, the thing, and facts of it."""

    word: str
    tone: Tone
    line: Line
    facts: tuple[Row, ...] = ()


class Verdict(NamedTuple):
    """The verdict in capitals, where it fell, the reply that it rests on (empty: none), and remarks."""

    word: str
    tone: Tone
    place: Line
    reply: str = ""
    remarks: tuple[Line, ...] = ()


class Course(NamedTuple):
    """How the attempt went, one stage after another."""

    stations: tuple[Station, ...]


class Facts(NamedTuple):
    """Labels and values."""

    rows: tuple[Row, ...]


class Notes(NamedTuple):
    """Names and what is told of each."""

    rows: tuple[Note, ...]


class Paragraph(NamedTuple):
    """A sentence or more."""

    line: Line


class Advice(NamedTuple):
    """Something to do."""

    line: Line


class Items(NamedTuple):
    """A list of remarks."""

    lines: tuple[Line, ...]


class Entries(NamedTuple):
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


class Weighing(NamedTuple):
    """The evidence behind causes."""

    causes: tuple[ArguedCause, ...]


class Hypotheses(NamedTuple):
    """Every kind of explanation, one after another."""

    rows: tuple[HypothesisRow, ...]


class Findings(NamedTuple):
    """What the checks found, the gravest first."""

    rows: tuple[FindingRow, ...]


class Steps(NamedTuple):
    """The checklist; where it is not `is_whole`, each step in one line, and what is longer ends there."""

    rows: tuple[StepRow, ...]
    is_whole: bool = True


class Dialogue(NamedTuple):
    """Sessions, every line of each."""

    sessions: tuple[Transcript, ...]


class Quote(NamedTuple):
    """Lines to be passed on as they stand."""

    lines: tuple[str, ...]


Part: TypeAlias = (
    Course
    | Facts
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


class Section(NamedTuple):
    """Parts under a heading; `stays`: also where there is no room for all (`probe.report.folding`)."""

    heading: Line
    parts: tuple[Part, ...]
    stays: bool = False


Block: TypeAlias = Subject | Verdict | Part | Section


class Title(NamedTuple):
    """Whom a report is about, and what it cost."""

    line: Line
    effort: Line = ()


class Colophon(NamedTuple):
    """How a report came about: by which version, when (RFC 3339), and the exit code."""

    version: str
    started_at: str
    exit_code: ExitCode


class Document(NamedTuple):
    """A whole report, or an entry of several that follow one another (a reply, a bounce): those have no
    title. `caution` stands before everything else: what is told is not real. `exit_code` stands at the end
    of a screen that has no room for all, where there is no colophon."""

    blocks: tuple[Block, ...]
    title: Title | None = None
    caution: Line = ()
    colophon: Colophon | None = None
    exit_code: ExitCode | None = None
