"""A report as a document: content and order, without layout. Builders create it, writers format it.

Text from outside (a reply, a name, an address, a record) is unescaped here: in a line it is marked
(`probe.report.line`), elsewhere the field says so. No builder escapes, and no writer decides on content. The
set of nodes is closed: writers handle each of them by `match`, and mypy checks that none is missing.

Named tuples, not dataclasses: `explain` loads them, and forty dataclasses cost a seventh of its time.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from probe._dataclass import dataclass
from probe._named_tuple import NamedTuple
from probe.model.verdict import ExitCode
from probe.report.line import Line
from probe.report.rows import (
    Act,
    ArguedCause,
    Argument,
    Bar,
    BarKind,
    Column,
    Entry,
    Fact,
    FindingRow,
    HypothesisRow,
    Lane,
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

# rows are re-exported, so that builders and writers import only this module
__all__ = [
    "Act", "Advice", "ArguedCause", "Argument", "Bar", "BarKind", "Block", "Colophon", "Column",
    "Course", "Dialogue", "Document", "Entries", "Entry", "Fact", "Facts", "FindingRow", "Findings",
    "Hypotheses", "HypothesisRow", "Items", "Lane", "Note", "Notes", "Paragraph", "Part", "Quote",
    "Ranking", "Row", "Section", "Share", "Side", "Station", "StepRow", "Steps", "Subject", "Table",
    "Timeline", "Title", "Tone", "Transcript", "Turn", "Verdict", "Weighing",
]  # fmt: skip


class Tone(Enum):
    """How good or bad the result is; it adds no meaning to the words."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


class Subject(NamedTuple):
    """The subject of one of several entries: a word in capitals, the thing, and facts about it."""

    word: str
    tone: Tone
    line: Line
    facts: tuple[Row, ...] = ()


class Verdict(NamedTuple):
    """The verdict in capitals, the stage, the reply that it rests on (empty: none), and remarks."""

    word: str
    tone: Tone
    place: Line
    reply: str = ""
    remarks: tuple[Line, ...] = ()


class Course(NamedTuple):
    """The course of the attempt, stage by stage."""

    stations: tuple[Station, ...]


class Facts(NamedTuple):
    """Labels and values."""

    rows: tuple[Row, ...]


class Notes(NamedTuple):
    """Names with a line on each."""

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
    """The findings, worst first."""

    rows: tuple[FindingRow, ...]


class Steps(NamedTuple):
    """The checklist; if not `is_whole`, each step is cut to one line."""

    rows: tuple[StepRow, ...]
    is_whole: bool = True


class Dialogue(NamedTuple):
    """Sessions, every line of each."""

    sessions: tuple[Transcript, ...]


class Timeline(NamedTuple):
    """When a run of `total_ms` milliseconds (more than 0) did what."""

    lanes: tuple[Lane, ...]
    total_ms: int


class Quote(NamedTuple):
    """Lines that are quoted unchanged."""

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
    | Timeline
    | Quote
)


class Section(NamedTuple):
    """Parts under a heading; `stays`: kept also if there is no room for everything
    (`probe.report.folding`)."""

    heading: Line
    parts: tuple[Part, ...]
    stays: bool = False


Block: TypeAlias = Subject | Verdict | Part | Section


class Title(NamedTuple):
    """The subject of a report, and the effort of the run."""

    line: Line
    effort: Line = ()


class Colophon(NamedTuple):
    """The origin of a report: version, time (RFC 3339), and exit code."""

    version: str
    started_at: str
    exit_code: ExitCode


class Document(NamedTuple):
    """A whole report, or an entry of several that follow one another (a reply, a bounce): those have no
    title. `caution` comes first: the report is not about real servers. `exit_code` is shown at the end of a
    folded screen without a colophon."""

    blocks: tuple[Block, ...]
    title: Title | None = None
    caution: Line = ()
    colophon: Colophon | None = None
    exit_code: ExitCode | None = None
