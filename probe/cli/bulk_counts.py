"""What the rows of a list come to, counted in its state."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict

from probe.bulk.decision import Decision, decide
from probe.bulk.domain import DomainState
from probe.bulk.summary import MatterCount, OutcomeCount
from probe.bulk.verdict import TAKES_ALL, Verdict, verdict
from probe.cli.bulk_state import BulkState
from probe.cli.bulk_verdicts import Verdicts
from probe.knowledge.causes import causes
from probe.model.verdict import Extent, Outcome

_EXAMPLES = 5
_IN_DNS = (
    "select state, sum(rows), count(*) from domains where done is not null group by state order by state"
)
_DOMAINS_IN_DNS = "select name from domains where state = ? order by rows desc, id limit ?"
_FROM = """from rows r join domains d on d.name = r.domain left join duplicates u on u.line = r.line
  left join answers a on a.line = coalesce(u.first, r.line)
  left join kinds k on k.verdict = coalesce(a.verdict, d.verdict)"""
_BY_KIND = """select coalesce(k.kind, d.state), min(k.verdict), count(*), count(distinct d.id) {tables}
  group by 1 order by 1"""
_BY_OUTCOME = """select coalesce(k.outcome, s.outcome), count(*), count(distinct d.id) {tables}
  left join states s on s.state = d.state group by 1"""
_DOMAINS_OF_KINDS = """select kind, name from (
  select coalesce(k.kind, d.state) as kind, d.name,
    row_number() over (partition by coalesce(k.kind, d.state) order by count(*) desc, d.id) as place
  {tables} group by 1, d.id) where place <= ? order by kind, place"""

_ROWS_IN_DNS = "select state, typo <> '', sum(rows) from domains group by 1, 2"
_REPEATED_IN_DNS = """select d.state, d.typo <> '', count(*) from duplicates u join rows r on r.line = u.line
  join domains d on d.name = r.domain group by 1, 2"""
_BY_VERDICT = """select coalesce(a.verdict, d.verdict), d.state, d.typo <> '', count(*)
  from rows r join domains d on d.name = r.domain left join answers a on a.line = r.line
  left join duplicates u on u.line = r.line where u.line is null and d.state is not null group by 1, 2, 3"""


def decisions(state: BulkState) -> Counter[Decision]:
    """What to do with how many rows that are addresses or domains, and repeat none. Where nothing was asked,
    only slips of the fingers count."""
    result: Counter[Decision] = Counter()
    if state.verdicts is None:
        for sign, query in ((1, _ROWS_IN_DNS), (-1, _REPEATED_IN_DNS)):
            for name, is_slip, rows in state.query(query):
                if name is not None or is_slip:
                    what = verdict(DomainState(name or DomainState.DNS_UNKNOWN))
                    result[decide(what, is_slip=bool(is_slip))] += sign * rows
        return result
    for number, name, is_slip, rows in state.query(_BY_VERDICT):
        answer = state.verdicts.get(number) or verdict(DomainState(name))
        result[decide(answer, is_slip=bool(is_slip))] += rows
    return result


def count(state: BulkState) -> tuple[list[OutcomeCount], list[MatterCount]]:
    """How many rows and domains have which outcome, and what is to be said of how many."""
    if state.verdicts is None:
        return _in_dns(state)
    _name_kinds(state.base, state.verdicts)
    by_outcome = [
        OutcomeCount(Outcome(it), rows, domains)
        for it, rows, domains in state.query(_BY_OUTCOME.format(tables=_FROM))
    ]
    names = defaultdict[str, list[str]](list)
    for kind, name in state.query(_DOMAINS_OF_KINDS.format(tables=_FROM), _EXAMPLES):
        names[kind].append(name)
    by_kind = []
    for kind, number, rows, domains in state.query(_BY_KIND.format(tables=_FROM)):
        answer = state.verdicts.get(number)
        it = verdict(DomainState(kind)) if answer is None else _of_kind(answer)
        by_kind.append(MatterCount(kind, it, rows, domains, tuple(names[kind])))
    return by_outcome, by_kind


def _in_dns(state: BulkState) -> tuple[list[OutcomeCount], list[MatterCount]]:
    """Where DNS alone was asked, the state of a domain says all."""
    by_state = [
        MatterCount(name, verdict(DomainState(name)), rows, domains, _examples(state, name))
        for name, rows, domains in state.query(_IN_DNS)
    ]
    sums: dict[Outcome, OutcomeCount] = {}
    for it in by_state:
        outcome = it.verdict.outcome
        before = sums.get(outcome, OutcomeCount(outcome, 0, 0))
        sums[outcome] = OutcomeCount(outcome, before.rows + it.rows, before.domains + it.domains)
    return list(sums.values()), by_state


def _name_kinds(base: sqlite3.Connection, verdicts: Verdicts) -> None:
    """What verdicts of mail servers have in common, in tables beside them."""
    base.executescript(
        """create temp table kinds (verdict integer primary key, kind text, outcome text);
        create temp table states (state text primary key, outcome text);"""
    )
    base.executemany("insert into states values (?, ?)", [(it, verdict(it).outcome) for it in DomainState])
    kinds = ((number, _kind(answer), answer.outcome) for number, answer in verdicts.items())
    base.executemany("insert into kinds values (?, ?, ?)", kinds)


def _kind(answer: Verdict) -> str:
    if answer == TAKES_ALL:
        return "catch_all"
    return f"{answer.outcome}: {answer.cause}" if answer.cause else answer.outcome.value


def _of_kind(answer: Verdict) -> Verdict:
    """Without the words of one server: what is the same for all of the kind."""
    if answer == TAKES_ALL:
        return answer
    if answer.cause is not None:
        cause = causes()[answer.cause]
        return answer._replace(reason=cause.title, action=cause.action)
    reason = "" if answer.outcome is Outcome.ACCEPTED else "the servers gave no answer that says why"
    return answer._replace(reason=reason, extent=Extent.SERVER)


def _examples(state: BulkState, name: str) -> tuple[str, ...]:
    return tuple(domain for (domain,) in state.query(_DOMAINS_IN_DNS, name, _EXAMPLES))
