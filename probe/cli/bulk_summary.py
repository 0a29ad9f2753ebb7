"""The counts of a list, out of its state, as a report."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from probe._version import VERSION
from probe.bulk.domain import DomainState
from probe.bulk.gate import judge
from probe.bulk.plan import plan
from probe.bulk.report import SCHEMA, BulkInput, BulkPlan, BulkProblem, BulkReport, BulkTotals, BulkTypo
from probe.bulk.summary import OperatorCount, StateCount, gate_counts, matters, operators, outcomes
from probe.cli.bulk_options import BulkOptions
from probe.cli.bulk_state import BulkState
from probe.knowledge.rules import rules_digest
from probe.model.report_tool import ReportTool
from probe.model.verdict import ExitCode, Extent

_EXAMPLES = 5
_MOST = 1000  # malformed rows, slips and operators that a summary holds


def report_of(state: BulkState, options: BulkOptions, begin: int, rate: float | None = None) -> BulkReport:
    """The report on all that is in the state; `rate` are the domains a second that were asked about."""
    totals = _totals(state, options)
    has_outcomes = not (options.is_offline or options.is_plan)
    counts = _states(state) if has_outcomes else []
    by_outcome = outcomes(counts, totals.rows)
    gates = judge(options.limits, gate_counts(totals, by_outcome), totals.rows)
    by_operator, operator_count = state.operators(_MOST)
    ((of_operators,),) = state.query("select coalesce(sum(rows), 0) from domains where operator <> ''")
    ((informative,),) = state.query(
        "select count(*) from domains where done is not null and state <> ?", DomainState.DNS_UNKNOWN.value
    )
    is_blind = bool(totals.answered) and not informative
    code = ExitCode.ACCEPTED
    if not all(it.passed for it in gates):
        code = ExitCode.REFUSED
    elif is_blind or totals.malformed == totals.rows:
        code = ExitCode.INCONCLUSIVE
    return BulkReport(
        schema=SCHEMA,
        tool=ReportTool(VERSION, rules_digest()),
        started_at=datetime.fromtimestamp(begin, UTC).isoformat().replace("+00:00", "Z"),
        input=BulkInput(**json.loads(state.value("input") or "{}")),
        extent=None if options.is_offline else Extent.DNS,
        totals=totals,
        outcomes=by_outcome,
        matters=matters(counts),
        operators=operators(by_operator, of_operators),
        operator_count=operator_count,
        typos=_typos(state),
        malformed=_malformed(state),
        gates=gates,
        plan=_plan(state, options, totals, rate, by_operator) if options.is_plan else None,
        output=str(options.output) if options.output is not None and options.has_rows else "",
        state=str(options.state_path) if options.state_path is not None else "",
        notes=_notes(totals, is_blind=is_blind),
        exit_code=code,
    )


def _totals(state: BulkState, options: BulkOptions) -> BulkTotals:
    ((rows, malformed, repaired),) = state.query(
        "select count(*), count(*) - count(domain), "
        "count(case when domain is not null and note like 'repaired:%' then 1 end) from rows"
    )
    ((duplicates,),) = state.query("select count(*) from duplicates")
    ((domains, answered),) = state.query("select count(*), count(done) from domains")
    ((typos,),) = state.query("select coalesce(sum(rows), 0) from domains where typo <> ''")
    return BulkTotals(
        rows=rows,
        ok=rows - malformed - duplicates,
        malformed=malformed,
        duplicates=duplicates,
        repaired=repaired,
        domains=domains,
        answered=0 if options.is_offline else answered,
        typos=typos,
    )


def _plan(
    state: BulkState,
    options: BulkOptions,
    totals: BulkTotals,
    rate: float | None,
    by_operator: list[OperatorCount],
) -> BulkPlan:
    if options.is_offline:
        return plan(totals.domains, None, 0, None, None)
    ((missing,),) = state.query("select count(*) from domains where state = ?", DomainState.NO_DOMAIN.value)
    ((mailboxes,),) = state.query("select count(address) from rows")
    return plan(totals.domains, state.count_hosts(), missing, by_operator if mailboxes else None, rate)


def _states(state: BulkState) -> list[StateCount]:
    groups = state.query(
        "select state, sum(rows), count(*) from domains where done is not null group by state order by state"
    )
    return [
        StateCount(DomainState(name), rows, domains, _examples(state, name)) for name, rows, domains in groups
    ]


def _examples(state: BulkState, name: str) -> tuple[str, ...]:
    rows = state.query(
        "select name from domains where state = ? order by rows desc, id limit ?", name, _EXAMPLES
    )
    return tuple(domain for (domain,) in rows)


def _typos(state: BulkState) -> tuple[BulkTypo, ...]:
    rows = state.query(
        "select name, typo, rows from domains where typo <> '' order by rows desc, id limit ?", _MOST
    )
    return tuple(BulkTypo(*row) for row in rows)


def _malformed(state: BulkState) -> tuple[BulkProblem, ...]:
    rows = state.query("select line, input, note from rows where domain is null order by line limit ?", _MOST)
    return tuple(BulkProblem(*row) for row in rows)


def _notes(totals: BulkTotals, *, is_blind: bool) -> tuple[str, ...]:
    notes = []
    if is_blind:
        notes.append(
            "DNS gave no usable answer for any domain: look at this machine's resolver first "
            "('smtp-probe domain' with a large provider's domain), or name another with --nameserver"
        )
    if totals.malformed > _MOST:
        notes.append(f"of {totals.malformed} malformed rows the first {_MOST} stand in the summary")
    return tuple(notes)
