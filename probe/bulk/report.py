"""What `smtp-probe bulk` reports of a whole list. Field names and order are those of the published JSON
(smtp-probe.bulk/1).

Rows that were malformed have no domain and no outcome. Where nothing was asked (--offline), no row has one.
"""

from __future__ import annotations

from probe._dataclass import dataclass, field
from probe.bulk.decision import Decision
from probe.model.report_tool import ReportTool
from probe.model.verdict import ExitCode, Extent, FixBy, Outcome

SCHEMA = "smtp-probe.bulk/1"


@dataclass(frozen=True, slots=True)
class BulkInput:
    """The list as it was read. `form` is csv, jsonl or plain; `column` the name or number of what was read of
    it, or empty; `header` whether its first line was taken for one; `sha256` of its octets; `blank` lines
    and `comments` ("# ...") were no rows."""

    name: str
    form: str
    delimiter: str
    column: str
    header: bool
    octets: int
    sha256: str
    lines: int
    blank: int
    comments: int = 0


@dataclass(frozen=True, slots=True)
class BulkTotals:
    """Rows of the list: `rows` is `ok + malformed + duplicates`. Some of the `ok` were `repaired`, as their
    notes say. `domains` are the distinct ones, of which `answered` were asked about; `typos` are rows whose
    domain looks like a slip for a large provider's; `mailboxes` were asked about at mail servers, `catch_all`
    are domains that take every recipient."""

    rows: int
    ok: int
    malformed: int
    duplicates: int
    repaired: int
    domains: int
    answered: int
    typos: int
    mailboxes: int
    catch_all: int


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """How many rows have an outcome, duplicates included; `share` of all rows, 0 to 1."""

    outcome: Outcome
    rows: int
    domains: int
    share: float


@dataclass(frozen=True, slots=True)
class BulkDecision:
    """How many rows have this in `decision`, and what it means. Where nothing was asked, rows that can be
    read have none."""

    decision: Decision
    rows: int
    meaning: str


@dataclass(frozen=True, slots=True)
class BulkMatter:
    """What stands in the way of rows, or is worth to know: its `state` (of the domains in DNS, or what mail
    servers gave as the cause), the cause (None: none), who must act,
    what to do, and some of the domains, those with most rows first."""

    state: str
    outcome: Outcome
    cause: str | None
    fix_by: FixBy
    rows: int
    domains: int
    reason: str
    action: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BulkOperator:
    """Who runs the mail servers of rows: `operator` is the id of a provider or a registered domain; `title`
    for people. Servers that share a provider, a registered domain or a network (/24, /48) are one operator's,
    by the name that most of its rows have. `share` of all rows that have one."""

    operator: str
    title: str
    rows: int
    domains: int
    share: float


@dataclass(frozen=True, slots=True)
class BulkTypo:
    """A domain that looks like a slip for another, `correction`."""

    domain: str
    correction: str
    rows: int


@dataclass(frozen=True, slots=True)
class BulkProblem:
    """A row that is malformed: its line, what stood there, and what is wrong with it."""

    line: int
    text: str
    problem: str


@dataclass(frozen=True, slots=True)
class BulkGate:
    """One condition of --fail-over: `limit` and `value` as a share of all rows, 0 to 1, or as rows where
    `is_count`."""

    name: str
    limit: float
    value: float
    is_count: bool
    passed: bool


@dataclass(frozen=True, slots=True)
class BulkQuestions:
    """How many questions of one kind a run asks."""

    kind: str
    count: int
    about: str


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """What a run takes (--plan). `dns_seconds` by the rate at which the MX records came, where it
    `is_measured`. `mailbox_seconds` is what asking about all mailboxes takes at the pace of --rcpt; None
    where there are none, or operators are not known (--offline)."""

    questions: tuple[BulkQuestions, ...]
    dns_seconds: int
    is_measured: bool
    mailbox_seconds: int | None


@dataclass(frozen=True, slots=True)
class BulkReport:
    """The report on a list. `extent` says how far the questions went (None: nothing was asked); `output` is
    the file of the rows, `state` the one to go on from (empty: none). `operators` are those with most rows,
    of `operator_count`. `obstacle` is what of this machine stood between (empty: nothing)."""

    schema: str
    tool: ReportTool
    started_at: str
    input: BulkInput
    extent: Extent | None = field(metadata={"json": "asked"})
    totals: BulkTotals
    outcomes: tuple[BulkOutcome, ...]
    decisions: tuple[BulkDecision, ...]
    matters: tuple[BulkMatter, ...]
    operators: tuple[BulkOperator, ...]
    operator_count: int
    typos: tuple[BulkTypo, ...]
    malformed: tuple[BulkProblem, ...]
    gates: tuple[BulkGate, ...]
    output: str
    state: str
    plan: BulkPlan | None
    notes: tuple[str, ...]
    exit_code: ExitCode
    obstacle: str
