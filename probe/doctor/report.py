"""The report of `doctor`, field by field as its JSON has them (`smtp-probe schema doctor`)."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.model.finding import Args
from probe.model.fitness import Fitness, Readiness, Use
from probe.model.report_tool import ReportTool
from probe.model.verdict import ExitCode

SCHEMA = "smtp-probe.doctor/1"


@dataclass(frozen=True, slots=True)
class TestResult:
    """The result of one test. `unfit_for` are the uses that it rules out; `tag` says which of the test's
    outcomes it is, `args` the values that `message` and `fix` are made of; `fix` is the one thing to do
    (empty: nothing); `group` is the line of the first screen that it belongs to."""

    id: str
    group: str
    title: str
    fitness: Fitness
    unfit_for: tuple[Use, ...]
    tag: str
    message: str
    fix: str
    args: Args
    source: str


@dataclass(frozen=True, slots=True)
class UseReadiness:
    """Whether the machine is fit for one use, and the tests that say otherwise: those that failed, or that
    could not be made and are needed."""

    use: Use
    readiness: Readiness
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection to port 25: the greeting (empty: none came), or how it ended otherwise."""

    domain: str
    host: str
    ip: str
    greeting: str
    end: str
    elapsed_ms: int


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """This machine as it was found. `sources` are the addresses that connections leave from; `helo` is the
    EHLO name that it would say; `mail_server` the software of a local mail server, null where there is
    none."""

    hostname: str
    addresses: tuple[str, ...]
    sources: tuple[str, ...]
    nameservers: tuple[str, ...]
    helo: str
    mail_server: str | None


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """The whole report: for what the machine is fit, each test in its order, the connections that were
    made."""

    schema: str
    tool: ReportTool
    started_at: str
    elapsed_ms: int
    is_offline: bool
    machine: MachineFacts
    uses: tuple[UseReadiness, ...]
    tests: tuple[TestResult, ...]
    connections: tuple[Connection, ...]
    exit_code: ExitCode

    def of(self, *levels: Fitness) -> tuple[TestResult, ...]:
        """The results of these levels, in the order of the report."""
        return tuple(it for level in levels for it in self.tests if it.fitness is level)

    @property
    def faults(self) -> tuple[TestResult, ...]:
        """What is to be mended: first what makes the machine unfit, then what limits it."""
        return self.of(Fitness.UNFIT, Fitness.LIMITED)
