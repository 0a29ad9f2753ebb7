"""The report: what every renderer prints. Field names and order are those of the published JSON."""

from __future__ import annotations

from probe._dataclass import dataclass, field
from probe.model.evidence import Band
from probe.model.finding import Finding
from probe.model.mta_reason import MtaReason
from probe.model.observed import (
    CertificateFault,
    EndCause,
    Gap,
    HandshakeFault,
    Part,
    SessionReason,
)
from probe.model.presented import Presented
from probe.model.reply import Stage
from probe.model.report_dns import ReportDns
from probe.model.report_tool import ReportTool
from probe.model.report_vantage import ReportVantage
from probe.model.sender_mta import FallbackBy, HopKind, MtaSoftware, TlsLevel
from probe.model.session import EndReason, Experiment
from probe.model.steps import StepStatus
from probe.model.target import Command
from probe.model.text import printable
from probe.model.timeline import ReportSpan
from probe.model.verdict import ExitCode, Extent, FixBy, Outcome, Retry

SCHEMA = "smtp-probe.report/1"


@dataclass(frozen=True, slots=True)
class ReportEvidence:
    """One piece of evidence; `weight_db` in decibans; `ref` names the finding, reply or DNS answer; `rule`
    the rule id."""

    text: str
    weight_db: float
    ref: str
    rule: str


@dataclass(frozen=True, slots=True)
class ReportCause:
    """One ranked cause; probabilities of all causes sum to 1."""

    id: str
    title: str
    family: str
    probability: float
    evidence_for: tuple[ReportEvidence, ...] = field(metadata={"json": "for"})
    evidence_against: tuple[ReportEvidence, ...] = field(metadata={"json": "against"})
    action: str


@dataclass(frozen=True, slots=True)
class AfterDataRisk:
    """A refusal after DATA that the sender's facts make likely. A prediction, never an observation.
    `rule` is the id that `smtp-probe rules ID` prints; `ref` names what it rests on."""

    cause: str
    reason: str
    rule: str
    ref: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The conclusion. `confidence` 0 to 1; `retry_reason` is what `retry` rests on where it departs from the
    usual: the words that ask to try again, or those for which `never` is said. `extent` is how far the
    question went, and `outcome` speaks of no more than that: `accepted` where `dns` was asked says that
    nothing in DNS stands in the way. `reason` is why nothing was asked beyond; null where the mailbox was
    asked about. `summary_tags` are the tags of what `summary` says of the outcome's reason: of the reason
    itself, then of what stands behind it (empty: a reply says all)."""

    outcome: Outcome
    stage: Stage
    reply: str | None
    cause: str | None
    confidence: float
    band: Band
    fix_by: FixBy
    retry: Retry
    retry_after_s: int | None
    retry_reason: str | None
    after_data_risks: tuple[AfterDataRisk, ...]
    summary: str
    exit_code: ExitCode
    extent: Extent = field(default=Extent.MAILBOX, metadata={"json": "asked"})
    reason: str | None = None
    summary_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NextTest:
    """The one further observation that would most change the ranking."""

    text: str
    command: str | None


@dataclass(frozen=True, slots=True)
class ReportHypothesis:
    """One kind of explanation of a reply that names no cause: `probability` is the sum of its `causes`,
    `fact` speaks most for it (`weight_db` above 0) or against it (below 0), in decibans. `weight_db` is
    null where `fact` is a finding, or says that nothing speaks of it; `ref` names what it comes from."""

    id: str
    title: str
    causes: tuple[str, ...]
    probability: float
    fact: str
    weight_db: float | None
    ref: str


@dataclass(frozen=True, slots=True)
class ChecklistStep:
    """One of the nine steps."""

    step: int
    title: str
    status: StepStatus
    findings: tuple[str, ...]
    do: str


@dataclass(frozen=True, slots=True)
class ReportHop:
    """A server that mail is handed to; `mx` says that it stands for the MX hosts of that name."""

    host: str
    port: int
    mx: bool


@dataclass(frozen=True, slots=True)
class ReportSenderMta:
    """The local mail server, as reported by its own tools. `source_v4` and `source_v6` are the addresses that
    it connects from (null: the system's choice, or not known); `families` those that it uses; `route` is what
    it does with mail for the recipient, `relays` whom it hands it to, `transport` and `decided_by` what says
    so; `tls` is what it demands of TLS there (null: not known); `size_limit` octets; `relay_asked` whether
    that was asked instead of the MX. `sources` names what told each fact that there is, or why it is not
    known; for the route and the fallback `decided_by` and `fallback_by` do. `reason_tag` is the tag of
    `reason` (null: it gives none); `sends_from` and `sends_to` are the envelope sender and recipient that
    leave, where its configuration changes them (null: as they are).
    `content_filter` is what has the mail before it is sent on; `reply_filter` and `status_filter` are the
    tables that change the replies of other servers, and what is then logged and returned (null: none; empty:
    there is one, and a redacted recording does not name it). `fallback_relays` are whom it hands on to what
    it cannot leave there, by the setting `fallback_by` (null: it has none); `fallback_asked`: the run asked
    one of them, because the servers before did not take the mail."""

    software: MtaSoftware
    version: str
    config: str
    helo: str | None
    source_v4: str | None
    source_v6: str | None
    families: tuple[int, ...]
    route: HopKind
    transport: str
    relays: tuple[ReportHop, ...]
    decided_by: str
    reason: str
    authenticates: bool
    tls: TlsLevel | None
    size_limit: int | None
    instances: tuple[str, ...]
    relay_asked: bool
    sources: tuple[str, ...]
    reason_tag: MtaReason | None = None
    sends_from: str | None = None
    sends_to: str | None = None
    content_filter: str | None = None
    reply_filter: str | None = None
    status_filter: str | None = None
    fallback_relays: tuple[ReportHop, ...] = ()
    fallback_by: FallbackBy | None = None
    fallback_asked: bool = False


@dataclass(frozen=True, slots=True)
class ReportTarget:
    """Who to whom. For the `domain` command both paths are None and `domain` is set. `source_ip` is the
    address that SPF, PTR and blocklists are judged for (null: none is known, or only a private one).
    `sender_mta` is null where this host has no mail server whose tools were asked."""

    reverse_path: str | None
    forward_path: str | None
    domain: str
    source_ip: str | None
    helo: str | None
    header_from: str | None
    command: Command
    provider: str | None
    scenario: str | None  # the lab scenario of a demo: nothing in it is real
    sender_mta: ReportSenderMta | None = None
    vantage: ReportVantage | None = None


@dataclass(frozen=True, slots=True)
class ReportTls:
    """STARTTLS of one session."""

    offered: bool | None
    established: bool
    version: str | None
    cipher: str | None
    subject: str | None
    names: tuple[str, ...]
    issuer: str | None
    not_after: str | None
    key: str | None
    trusted: bool | None
    name_matches: bool | None
    problems: tuple[str, ...]
    error: str | None
    problem_tags: tuple[CertificateFault, ...] = ()
    error_tag: HandshakeFault | None = None


@dataclass(frozen=True, slots=True)
class ReportExchange:
    """One command and its reply. `reply_code` is null where no complete reply came, 0 where what came has
    no code. `deviations` names how the server broke the reply grammar; `fragment` is what came of a reply
    that was never finished."""

    stage: Stage
    sent: str
    reply_code: int | None
    enhanced_status: str | None
    reply_lines: tuple[str, ...]
    elapsed_ms: int
    deviations: tuple[str, ...]
    fragment: str = ""


@dataclass(frozen=True, slots=True)
class ReportSession:
    """One SMTP session."""

    mx_host: str
    ip: str
    port: int
    experiment: Experiment
    reason: str
    tls: ReportTls | None
    extensions: tuple[str, ...]
    size_limit: int | None
    exchanges: tuple[ReportExchange, ...]
    ended: EndReason
    ended_detail: str
    reason_tag: SessionReason | None = None
    ended_tag: EndCause | None = None


@dataclass(frozen=True, slots=True)
class ReportNotReached:
    part: str
    reason: str
    part_tag: Part | None = None
    reason_tag: Gap | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Report(Presented):
    """The whole report of `check` and `domain`. Strings may hold a stranger's text: `to_text`, `to_markdown`
    and `to_json` escape it, and who shows a string by itself must."""

    _kind = "run"

    schema: str
    tool: ReportTool
    target: ReportTarget
    started_at: str
    elapsed_ms: int
    verdict: Verdict
    causes: tuple[ReportCause, ...]
    next_test: NextTest | None
    checklist: tuple[ChecklistStep, ...]
    findings: tuple[Finding, ...]
    sessions: tuple[ReportSession, ...]
    dns: ReportDns
    not_reached: tuple[ReportNotReached, ...]
    contact_note: str  # step 8: ready to send to the recipient's postmaster; empty when not needed
    complete: bool
    hypotheses: tuple[ReportHypothesis, ...] = ()  # empty where the reply names its cause
    timeline: tuple[ReportSpan, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the verdict."""
        return self.verdict.exit_code

    def __repr__(self) -> str:
        target, verdict = self.target, self.verdict
        pair = f"{target.reverse_path} to {target.forward_path}" if target.forward_path else target.domain
        cause = f", {verdict.cause} ({verdict.band})" if verdict.cause else ""
        outcome = f"{verdict.outcome} at {verdict.stage}{cause}, exit {verdict.exit_code:d}"
        return printable(f"<Report {pair}: {outcome}>")
