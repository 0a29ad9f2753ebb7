"""What the rows of a list come to, counted in its state."""

from __future__ import annotations

from probe.bulk.domain import DomainState
from probe.bulk.summary import MatterCount, OutcomeCount
from probe.bulk.verdict import TAKES_ALL, Verdict, verdict
from probe.cli.bulk_state import BulkState
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
_DOMAINS_OF_KIND = """select d.name {tables} where coalesce(k.kind, d.state) = ?
  group by d.id order by count(*) desc, d.id limit ?"""


def count_outcomes(state: BulkState) -> list[OutcomeCount]:
    """How many rows and domains have which outcome."""
    if not state.has_answers:
        sums: dict[Outcome, OutcomeCount] = {}
        for name, rows, domains in state.query(_IN_DNS):
            outcome = verdict(DomainState(name)).outcome
            before = sums.get(outcome, OutcomeCount(outcome, 0, 0))
            sums[outcome] = OutcomeCount(outcome, before.rows + rows, before.domains + domains)
        return list(sums.values())
    _name_kinds(state)
    return [
        OutcomeCount(Outcome(it), rows, domains)
        for it, rows, domains in state.query(_BY_OUTCOME.format(tables=_FROM))
    ]


def count_matters(state: BulkState) -> list[MatterCount]:
    """What is to be said of how many rows and domains."""
    if not state.has_answers:
        return [
            MatterCount(name, verdict(DomainState(name)), rows, domains, _examples(state, name))
            for name, rows, domains in state.query(_IN_DNS)
        ]
    _name_kinds(state)
    result = []
    for kind, number, rows, domains in state.query(_BY_KIND.format(tables=_FROM)):
        answer = state.verdicts.get(number) if state.verdicts is not None else None
        it = verdict(DomainState(kind)) if answer is None else _of_kind(answer)
        names = tuple(name for (name,) in state.query(_DOMAINS_OF_KIND.format(tables=_FROM), kind, _EXAMPLES))
        result.append(MatterCount(kind, it, rows, domains, names))
    return result


def _name_kinds(state: BulkState) -> None:
    """What verdicts of mail servers have in common, in tables beside them."""
    base = state.base
    base.executescript(
        """create temp table if not exists kinds (verdict integer primary key, kind text, outcome text);
        create temp table if not exists states (state text primary key, outcome text);
        delete from kinds; delete from states;"""
    )
    base.executemany("insert into states values (?, ?)", [(it, verdict(it).outcome) for it in DomainState])
    for (number,) in base.execute("select id from verdicts").fetchall():
        answer = state.verdicts.get(number) if state.verdicts is not None else None
        if answer is not None:
            values = (number, _kind(answer), answer.outcome)
            base.execute("insert into kinds values (?, ?, ?)", values)


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
