"""The counts of a list, out of its state, as a report."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

from probe._version import VERSION
from probe.bulk.decision import Decision
from probe.bulk.domain import DomainState
from probe.bulk.gate import judge
from probe.bulk.plan import Asking, plan
from probe.bulk.report import (
    SCHEMA,
    BulkInput,
    BulkOutcome,
    BulkPlan,
    BulkProblem,
    BulkReport,
    BulkTotals,
    BulkTypo,
)
from probe.bulk.summary import (
    MatterCount,
    OperatorCount,
    decisions,
    gate_counts,
    matters,
    operators,
    outcomes,
)
from probe.cli import bulk_counts
from probe.cli.bulk_options import BulkOptions
from probe.cli.bulk_state import BulkState
from probe.cli.bulk_tables import LIVE_STATES
from probe.knowledge.rules import rules_digest
from probe.model.report_tool import ReportTool
from probe.model.verdict import ExitCode, Extent

PROOF = {
    Extent.SERVER: (
        "a server that greets takes somebody's mail; whether it has a mailbox, or takes mail from here, was "
        "not asked",
    ),
    Extent.MAILBOX: (
        "accepted means that the server took RCPT TO: not that the mailbox is there (many servers sort "
        "later), nor that a message would arrive",
        "refused is true of this machine and this sender: delete an address only where the cause is about "
        "the recipient and the band is stated",
        "deferred and inconclusive say nothing about a mailbox",
    ),
}
NO_RESOLVER = (
    "this machine got no usable answer from DNS for any domain; that says nothing about the recipients"
)
SHUT_IN = "this machine could not connect to any mail server; that says nothing about the recipients"
_TO_ASK = """select count(*), count(distinct d.id) from rows r join domains d on d.name = r.domain
  left join duplicates u on u.line = r.line
  where r.address is not null and u.line is null and d.state in ({live})"""
_MOST = 1000  # malformed rows, slips and operators that a summary holds


def report_of(state: BulkState, options: BulkOptions, begin: int, rate: float | None = None) -> BulkReport:
    """The report on all that is in the state; `rate` are the domains a second that were asked about."""
    totals = _totals(state, options)
    has_outcomes = not (options.is_offline or options.is_plan)
    by_outcome: tuple[BulkOutcome, ...] = ()
    counts: list[MatterCount] = []
    if has_outcomes:
        of_outcomes, counts = bulk_counts.count(state)
        by_outcome = outcomes(of_outcomes, totals.rows)
    gates = judge(options.limits, gate_counts(totals, by_outcome), totals.rows)
    by_operator, operator_count = state.operators(_MOST)
    ((of_operators,),) = state.query("select coalesce(sum(rows), 0) from domains where operator <> ''")
    is_blind = bool(totals.answered) and state.is_blind
    is_shut_in = options.asks_servers and not is_blind and _reached_nobody(state)
    code = ExitCode.ACCEPTED
    if not all(it.passed for it in gates):
        code = ExitCode.REFUSED
    elif is_blind or is_shut_in or totals.malformed == totals.rows:
        code = ExitCode.INCONCLUSIVE
    return BulkReport(
        schema=SCHEMA,
        tool=ReportTool(VERSION, rules_digest()),
        started_at=datetime.fromtimestamp(begin, UTC).isoformat().replace("+00:00", "Z"),
        input=BulkInput(**json.loads(state.value("input") or "{}")),
        extent=None if options.is_offline else Extent.DNS if options.is_plan else options.extent,
        totals=totals,
        outcomes=by_outcome,
        decisions=decisions(_decisions(state, totals, options)),
        matters=matters(counts),
        operators=operators(by_operator, of_operators),
        operator_count=operator_count,
        typos=_typos(state),
        malformed=_malformed(state),
        gates=gates,
        plan=_plan(state, options, rate, by_operator, operator_count) if options.is_plan else None,
        output=str(options.output) if options.output is not None and options.has_rows else "",
        state=str(options.state_path) if options.state_path is not None else "",
        notes=_notes(totals, options, is_blind=is_blind, is_shut_in=is_shut_in),
        exit_code=code,
        obstacle=NO_RESOLVER if is_blind else SHUT_IN if is_shut_in else "",
    )


def _decisions(state: BulkState, totals: BulkTotals, options: BulkOptions) -> Counter[Decision]:
    """What to do with how many rows."""
    if options.is_plan:
        return Counter()
    result = bulk_counts.decisions(state)
    result[Decision.SKIP] += totals.duplicates
    result[Decision.CORRECT] += totals.malformed
    return result


def _totals(state: BulkState, options: BulkOptions) -> BulkTotals:
    ((rows, malformed, repaired),) = state.query(
        "select count(*), count(*) - count(domain), "
        "count(case when domain is not null and note like 'repaired:%' then 1 end) from rows"
    )
    ((duplicates,),) = state.query("select count(*) from duplicates")
    ((domains, answered),) = state.query("select count(*), count(done) from domains")
    ((typos,),) = state.query("select coalesce(sum(rows), 0) from domains where typo <> ''")
    ((mailboxes, catch_all),) = state.query(
        "select (select count(*) from answers), (select count(*) from domains where catch_all = 1)"
    )
    return BulkTotals(
        rows=rows,
        ok=rows - malformed - duplicates,
        malformed=malformed,
        duplicates=duplicates,
        repaired=repaired,
        domains=domains,
        answered=0 if options.is_offline else answered,
        typos=typos,
        mailboxes=mailboxes,
        catch_all=catch_all,
    )


def _plan(
    state: BulkState,
    options: BulkOptions,
    rate: float | None,
    by_operator: list[OperatorCount],
    operator_count: int,
) -> BulkPlan:
    ((domains,),) = state.query("select count(*) from domains")
    if options.is_offline:
        return plan(domains, None, 0, None, None)
    ((missing,),) = state.query("select count(*) from domains where state = ?", DomainState.NO_DOMAIN.value)
    ((mailboxes, live),) = state.query(_TO_ASK.format(live=LIVE_STATES))
    asking = Asking(options.extent, by_operator, operator_count, mailboxes, live)
    return plan(domains, state.count_hosts(), missing, asking, rate)


def _typos(state: BulkState) -> tuple[BulkTypo, ...]:
    rows = state.query(
        "select name, typo, rows from domains where typo <> '' order by rows desc, id limit ?", _MOST
    )
    return tuple(BulkTypo(*row) for row in rows)


def _malformed(state: BulkState) -> tuple[BulkProblem, ...]:
    rows = state.query("select line, input, note from rows where domain is null order by line limit ?", _MOST)
    return tuple(BulkProblem(*row) for row in rows)


def _reached_nobody(state: BulkState) -> bool:
    """Whether servers were to be asked, and none could be connected to."""
    return state.verdicts is not None and state.verdicts.has_reached() is False


def _notes(totals: BulkTotals, options: BulkOptions, *, is_blind: bool, is_shut_in: bool) -> tuple[str, ...]:
    notes = []
    if is_blind:
        notes.append(
            "DNS gave no usable answer for any domain: look at this machine's resolver first "
            "('smtp-probe domain' with a large provider's domain), or name another with --nameserver"
        )
    if is_shut_in:
        notes.append(
            "no mail server at all could be connected to: look at port 25 of this machine first ('smtp-probe "
            "doctor', or 'smtp-probe domain' with a large provider's domain)"
        )
    if options.asks_servers:
        notes += PROOF[options.extent]
    if totals.malformed > _MOST:
        notes.append(f"of {totals.malformed} malformed rows the first {_MOST} stand in the summary")
    return tuple(notes)
