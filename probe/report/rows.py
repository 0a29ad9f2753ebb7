"""The rows of a document's blocks."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from probe._named_tuple import NamedTuple
from probe.model.steps import StepStatus
from probe.report.line import Line


class Fact(NamedTuple):
    """A label with a line, or several lines; and a command to paste into a shell."""

    label: str
    lines: tuple[Line, ...]
    command: str = ""


class Share(NamedTuple):
    """A cause with its share of the probability, 0 to 1; `band` is how sure it is, at the first one only."""

    title: str
    probability: float
    band: str = ""


class Ranking(NamedTuple):
    """Causes, the most likely first, as a row of facts."""

    label: str
    shares: tuple[Share, ...]


class Act(NamedTuple):
    """What to do as a row of facts: the act in a sentence, and its explanation."""

    label: str
    act: Line
    more: Line = ()


Row: TypeAlias = Fact | Ranking | Act


class Station(NamedTuple):
    """A stage of the attempt: its status, and a short reason (the code of a reply)."""

    name: str
    status: StepStatus
    remark: str = ""


class Note(NamedTuple):
    """A line on something with a name: `name: line`."""

    name: Line
    line: Line


class Entry(NamedTuple):
    """A line, and lines that belong below it."""

    line: Line
    below: tuple[Line, ...] = ()


class Side(Enum):
    """The effect of a piece of evidence on a cause."""

    FOR = "for"
    AGAINST = "against"
    NEUTRAL = "neutral"


class Argument(NamedTuple):
    """A piece of evidence; `weight_db` in decibans."""

    side: Side
    weight_db: float
    line: Line


class ArguedCause(NamedTuple):
    """A cause with the evidence for and against it, the strongest first."""

    title: str
    id: str
    probability: float
    arguments: tuple[Argument, ...]


class HypothesisRow(NamedTuple):
    """One kind of explanation and the fact that speaks most for or against it; `weight_db` None if it has no
    weight."""

    title: str
    probability: float
    weight_db: float | None
    fact: Line


class FindingRow(NamedTuple):
    """A finding; `severity` in a word, `id` empty if it is not shown."""

    severity: str
    id: str
    message: Line
    remedy: Line


class StepRow(NamedTuple):
    """One of the nine steps: the findings, and what to do."""

    number: int
    title: str
    status: StepStatus
    findings: tuple[Line, ...]
    do: Line


class Turn(NamedTuple):
    """A command and its reply as on the wire; `sent` is empty for the greeting. `remark` replaces a missing
    or incomplete reply. `elapsed_ms` is None if the time is not shown."""

    sent: str
    reply: tuple[str, ...]
    remark: Line
    elapsed_ms: int | None
    deviations: tuple[Line, ...] = ()


class Transcript(NamedTuple):
    """One session: the server, the purpose, the dialogue, and further facts."""

    title: Line
    about: Line
    turns: tuple[Turn, ...]
    notes: tuple[Note, ...]


class BarKind(Enum):
    """What a time went into."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    COMMAND = "command"
    PAUSE = "pause"


class Bar(NamedTuple):
    """A span of time in milliseconds; `start_ms` since the run began."""

    name: str
    kind: BarKind
    start_ms: int
    elapsed_ms: int


class Lane(NamedTuple):
    """Spans of one kind, or of one session, in their order."""

    title: Line
    bars: tuple[Bar, ...]


class Column(NamedTuple):
    """A column of a table."""

    name: str
    is_number: bool = False
