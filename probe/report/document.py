"""A report as a document: what it says and in which order, without form. Builders make it, writers write it.

A string of a stranger (a reply, a name, an address, a record) stands here as it came: in a line it is marked
(`probe.report.line`), elsewhere the field says so. No builder escapes, and no writer decides what is said.
The set of nodes is closed: a writer meets each of them by `match`, and mypy sees that none is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from probe.model.steps import StepStatus
from probe.model.verdict import ExitCode
from probe.report.line import Line


class Tone(Enum):
    """How good the news are; never carries meaning that the words do not have."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


# --- rows of blocks


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what it has: a line, or several one after another; and a command to paste into a shell."""

    label: str
    lines: tuple[Line, ...]
    command: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """A cause with its share of the probability, 0 to 1; `band` is how sure it is, at the first one only."""

    title: str
    probability: float
    band: str = ""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Causes, the likeliest first, as a row of facts."""

    label: str
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """What is told of something that has a name of its own: `name: line`."""

    name: Line
    line: Line


@dataclass(frozen=True, slots=True)
class Entry:
    """A line, and lines that belong below it."""

    line: Line
    below: tuple[Line, ...] = ()


class Side(Enum):
    """What a piece of evidence does to a cause."""

    FOR = "for"
    AGAINST = "against"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Argument:
    """A piece of evidence; `weight_db` in decibans."""

    side: Side
    weight_db: float
    line: Line


@dataclass(frozen=True, slots=True)
class ArguedCause:
    """A cause with the evidence for and against it, the heaviest first."""

    title: str
    id: str
    probability: float
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class HypothesisRow:
    """One kind of explanation and the fact that speaks most for or against it; `weight_db` None where it has
    no weight."""

    title: str
    probability: float
    weight_db: float | None
    fact: Line


@dataclass(frozen=True, slots=True)
class FindingRow:
    """What a check found; `severity` in a word, `id` empty where it is not asked for."""

    severity: str
    id: str
    message: Line
    remedy: Line


@dataclass(frozen=True, slots=True)
class StepRow:
    """One of the nine steps: what was found, and what is to be done."""

    number: int
    title: str
    status: StepStatus
    found: tuple[Line, ...]
    do: Line


@dataclass(frozen=True, slots=True)
class Turn:
    """A command and its reply as on the wire; `sent` is empty for the greeting. `remark` stands where no
    whole reply came. `elapsed_ms` is None where the time is not asked for."""

    sent: str
    reply: tuple[str, ...]
    remark: Line
    elapsed_ms: int | None
    deviations: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    """One session: with whom, for what, what was said, and what is known of it besides."""

    title: Line
    about: Line
    turns: tuple[Turn, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    is_number: bool = False


# --- blocks


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
    """Rows of as many cells as there are columns, at least one. Raises ValueError otherwise."""

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
