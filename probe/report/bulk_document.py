"""What the report of a list says, for people: whether to send, what stands in the way, and where it goes."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from probe.bulk.decision import Decision
from probe.bulk.report import BulkGate, BulkMatter, BulkOperator, BulkOutcome, BulkPlan, BulkReport
from probe.model.text import amount, duration, thousands
from probe.model.verdict import Extent, Outcome
from probe.report import document as doc
from probe.report.detail import Detail
from probe.report.line import Code, Line, Raw, plain
from probe.settings import BULK_COURTESY

_BAR = 24  # columns of the longest bar
_MOST_ROWS = {Detail.BRIEF: 0, Detail.SCREEN: 8, Detail.TICKET: 20, Detail.PAGE: 100, Detail.FULL: 1000}
_WORDS = {
    Outcome.ACCEPTED: "take mail (accepted, by {by})",
    Outcome.REFUSED: "refused, by {by}",
    Outcome.DEFERRED: "deferred, by {by}",
    Outcome.INCONCLUSIVE: "not known (inconclusive, by {by})",
}
_NO_MAIL = "cannot take mail (refused, by DNS)"
_AGAIN = (Decision.LATER, Decision.MEND, Decision.HOLD)


_HOW_FAR = {
    Extent.DNS: "DNS alone was asked",
    Extent.SERVER: "one session was held with each operator",
    Extent.MAILBOX: "mail servers were asked about mailboxes",
}
_BY = {Extent.DNS: "DNS", Extent.SERVER: "DNS or their servers", Extent.MAILBOX: "DNS or RCPT TO"}


_PACE = (
    f"{BULK_COURTESY.mailboxes_an_hour} mailboxes of one operator an hour, {BULK_COURTESY.rcpt_a_session} a "
    f"session, {BULK_COURTESY.session_pause:g} s between two sessions"
)


def build(report: BulkReport, detail: Detail) -> doc.Document:
    """The whole report."""
    blocks: list[doc.Block] = [_verdict(report), doc.Facts(tuple(_facts(report)))]
    if report.gates:
        blocks.append(_gates(report))
    if report.plan is not None:
        blocks.append(_plan(report.plan, report))
    if report.decisions and report.extent is not None:
        blocks.append(_to_do(report))
    if detail is not Detail.BRIEF:
        blocks += _rest(report, detail)
    return doc.Document(tuple(blocks), title=_title(report), exit_code=report.exit_code)


def _title(report: BulkReport) -> doc.Title:
    form = report.input.form
    column = (", column ", Raw(report.input.column)) if report.input.column else ()
    header = ", line 1 is the header" if report.input.header else ""
    return doc.Title((Raw(report.input.name), f"  {form}", *column, header), (rows(report.totals.rows),))


def _verdict(report: BulkReport) -> doc.Verdict:
    if report.plan is not None and all(it.passed for it in report.gates):
        return doc.Verdict("PLAN", doc.Tone.GOOD, (f"{_questions(report.plan)} for {_rows(report)}",))
    failing = [it for it in report.gates if not it.passed]
    if failing:
        return doc.Verdict("STOP", doc.Tone.BAD, ("; ".join(map(_over, failing)),))
    if report.obstacle:
        return doc.Verdict("NOT KNOWN", doc.Tone.WARN, (report.obstacle,))
    by_outcome = {it.outcome: it.rows for it in report.outcomes}
    bad, unknown = by_outcome.get(Outcome.REFUSED, 0), by_outcome.get(Outcome.INCONCLUSIVE, 0)
    late = by_outcome.get(Outcome.DEFERRED, 0)
    parts = [
        _refused(bad, report) if bad else "",
        f"{_are(late)} deferred" if late else "",
        f"{_are(unknown)} not known" if unknown else "",
        f"{_are(report.totals.malformed)} malformed" if report.totals.malformed else "",
    ]
    text = f"of {rows(report.totals.rows)} " + ", ".join(filter(None, parts))
    if report.gates:
        return doc.Verdict("PASSED", doc.Tone.GOOD, (text if any(parts) else _clear(report),))
    if any(parts):
        return doc.Verdict("LOOK", doc.Tone.BAD if bad else doc.Tone.WARN, (text,))
    return doc.Verdict("CLEAR", doc.Tone.GOOD, (_clear(report),))


def _refused(count: int, report: BulkReport) -> str:
    """What is refused, and how much of it is no matter of the recipients."""
    if report.extent is Extent.DNS:
        return f"{thousands(count)} cannot take mail"
    own = next((it.rows for it in report.decisions if it.decision is Decision.MEND), 0)
    return f"{_are(count)} refused{f' ({thousands(own)} for a fault on your side)' if own else ''}"


def _to_do(report: BulkReport) -> doc.Section:
    """What to do with how many rows, how to get at them, and how to ask again."""
    columns = (doc.Column("rows", is_number=True), doc.Column("decision"), doc.Column("what it means"))
    table = tuple(((thousands(it.rows),), (it.decision.value,), (it.meaning,)) for it in report.decisions)
    counts = {it.decision: it.rows for it in report.decisions}
    lines: list[Line] = []
    if report.output and counts.get(Decision.SEND):
        if report.output.endswith(".csv"):
            lines.append(("Each row has its own in the column ", Code("decision"), "."))
        else:
            name = f"./{report.output}" if report.output.startswith("-") else report.output
            filters = f"jq -r 'select(.decision == \"send\") | .address // .domain' {shlex.quote(name)}"
            lines.append((Code(filters),))
    if report.state and (open_rows := _open_rows(report)):
        lines.append((f"The same command with --again asks about {rows(open_rows)} again.",))
    parts: tuple[doc.Part, ...] = (doc.Table(columns, table),)
    return doc.Section(("What to do",), (*parts, doc.Items(tuple(lines))) if lines else parts, stays=True)


def _questions(plan: BulkPlan) -> str:
    sums: dict[tuple[str, str], int] = {}
    for it in plan.questions:
        nouns = _KINDS.get(it.kind, _IN_DNS)
        sums[nouns] = sums.get(nouns, 0) + it.count
    return ", ".join(amount(count, *nouns) for nouns, count in sums.items())


_KINDS = {"RCPT": ("RCPT", "RCPT"), "session": ("session", "sessions")}
_IN_DNS = ("question in DNS", "questions in DNS")


def _rows(report: BulkReport) -> str:
    return f"{rows(report.totals.rows)} of {amount(report.totals.domains, 'domain')}"


def _are(count: int) -> str:
    return f"{thousands(count)} {'is' if count == 1 else 'are'}"


def _clear(report: BulkReport) -> str:
    if report.extent is None:
        every = "all " if report.totals.rows > 1 else ""
        return f"{every}{rows(report.totals.rows)} can be read; nothing was asked"
    return f"nothing found that stands in the way of {rows(report.totals.rows)}; {_HOW_FAR[report.extent]}"


def _over(gate: BulkGate) -> str:
    return f"{gate.name} {_value(gate, gate.value)}, at most {_value(gate, gate.limit)} allowed"


def _value(gate: BulkGate, value: float) -> str:
    return thousands(int(value)) if gate.is_count else share(value)


def _facts(report: BulkReport) -> Iterator[doc.Fact]:
    totals = report.totals
    comments = report.input.comments
    extra = [
        f"{thousands(totals.repaired)} repaired (see their notes)" if totals.repaired else "",
        f"{thousands(totals.duplicates)} duplicate" if totals.duplicates else "",
        f"{thousands(totals.malformed)} malformed" if totals.malformed else "",
        f"{amount(comments, 'comment')} left out" if comments else "",
    ]
    yield doc.Fact("Rows", ((", ".join(filter(None, (thousands(totals.rows), *extra))),),))
    in_dns = (
        f", {thousands(totals.answered)} asked about in DNS"
        if report.extent is not None
        else ", none asked about"
    )
    yield doc.Fact("Domains", ((f"{thousands(totals.domains)}{in_dns}",),))
    if report.totals.mailboxes:
        domains = report.totals.catch_all
        takers = amount(domains, "domain takes", "domains take")
        of_all = f"; {takers} every recipient" if domains else ""
        yield doc.Fact("Mailboxes", ((f"{thousands(report.totals.mailboxes)} asked about{of_all}",),))
    if report.output:
        yield doc.Fact("Output", ((Code(report.output),),))
    if report.state:
        use = "; --again needs it" if _open_rows(report) else ""
        yield doc.Fact("State", ((Code(report.state), f": not needed when the output is taken{use}"),))


def _open_rows(report: BulkReport) -> int:
    """How many rows `--again` asks about."""
    return sum(it.rows for it in report.decisions if it.decision in _AGAIN)


def _plan(plan: BulkPlan, report: BulkReport) -> doc.Section:
    columns = (doc.Column("questions", is_number=True), doc.Column("kind"), doc.Column("of what"))
    table = tuple(((thousands(it.count),), (it.kind,), (it.about,)) for it in plan.questions)
    rate = "as the MX records came" if plan.is_measured else "if a resolver answers 1 000 questions a second"
    lines: list[Line] = [(f"DNS takes about {duration(max(plan.dns_seconds, 1))}, {rate}.",)]
    if report.extent is None:
        lines.append(
            ("Who runs the mail servers is not known: --plan without --offline asks for MX records.",)
        )
    else:
        first = report.operators[:3]
        if first:
            part = share(sum(it.share for it in first))
            who = f"{len(first)} operator{'s' if len(first) > 1 else ''}"
            lines.append((f"{part} of the rows are with {who} of {thousands(report.operator_count)}.",))
    if plan.mailbox_seconds is not None:
        takes = f"about {duration(max(plan.mailbox_seconds, 1))}"
        is_asked = any(it.kind == "RCPT" for it in plan.questions)
        what = (
            "Asking about every mailbox takes"
            if is_asked
            else "To ask about every mailbox (--rcpt) would take"
        )
        lines.append((f"{what} {takes}: {_PACE}, all operators at once.",))
    return doc.Section(("Plan",), (doc.Table(columns, table), doc.Items(tuple(lines))), stays=True)


def _gates(report: BulkReport) -> doc.Section:
    columns = (
        doc.Column("gate"),
        doc.Column("rows or share", is_number=True),
        doc.Column("at most", is_number=True),
        doc.Column("result"),
    )
    table = tuple(
        ((it.name,), (_value(it, it.value),), (_value(it, it.limit),), ("passed" if it.passed else "FAILED",))
        for it in report.gates
    )
    return doc.Section(("Gate",), (doc.Table(columns, table),), stays=True)


def _rest(report: BulkReport, detail: Detail) -> Iterator[doc.Block]:
    most = _MOST_ROWS[detail]
    if report.outcomes:
        yield doc.Section(("Outcome",), (_outcomes(report),))
    in_the_way = [it for it in report.matters if it.outcome is not Outcome.ACCEPTED]
    if in_the_way:
        befores = (None, *in_the_way)
        entries = tuple(_matter(it, before) for before, it in zip(befores, in_the_way, strict=False))
        yield doc.Section(("In the way",), (doc.Entries(entries),), stays=True)
    if report.malformed:
        count = min(most, len(report.malformed))
        yield doc.Section(
            ("Malformed rows",), (_malformed(report, most), *_more(report.totals.malformed - count))
        )
    if report.typos:
        lines: tuple[Line, ...] = tuple(
            (Raw(it.domain), f": {rows(it.rows)}; is ", Raw(it.correction), " meant?")
            for it in report.typos[:most]
        )
        more = _more(len(report.typos) - len(lines))
        yield doc.Section(("Slips of the fingers",), (doc.Items(lines), *more))
    if report.operators:
        more = _more(report.operator_count - min(most, len(report.operators)))
        yield doc.Section(("Where the mail goes",), (_operators(report, most), *more))
    notes = [f"{rows(it.rows)}: {it.reason}" for it in report.matters if it.outcome is Outcome.ACCEPTED]
    if notes or report.notes:
        yield doc.Section(("Also",), (doc.Items(tuple((Raw(it),) for it in (*notes, *report.notes))),))


def _more(count: int) -> tuple[doc.Part, ...]:
    """That a table does not show all."""
    return (doc.Paragraph((f"{thousands(count)} more: -v, or --summary FILE",)),) if count > 0 else ()


def _outcomes(report: BulkReport) -> doc.Table:
    extent = report.extent or Extent.DNS
    words = _WORDS | ({Outcome.REFUSED: _NO_MAIL} if extent is Extent.DNS else {})
    return _shares("outcome", ((it, words[it.outcome].format(by=_BY[extent])) for it in report.outcomes))


def _shares(title: str, parts: Iterable[tuple[BulkOutcome | BulkOperator, str | Raw]]) -> doc.Table:
    """What parts of the list come to, each with its name and a bar."""
    columns = (
        doc.Column("rows", is_number=True),
        doc.Column("domains", is_number=True),
        doc.Column("share", is_number=True),
        doc.Column(title),
        doc.Column(""),
    )
    return doc.Table(
        columns,
        tuple(
            ((thousands(it.rows),), (thousands(it.domains),), (share(it.share),), (name,), (bar(it.share),))
            for it, name in parts
        ),
    )


def _matter(matter: BulkMatter, before: BulkMatter | None) -> doc.Entry:
    """What stands in the way of rows; what to do, unless the matter `before` it said just that."""
    names: list[str | Raw] = []
    for domain in matter.examples:
        names += [Raw(domain), ", "]
    more = matter.domains - len(matter.examples)
    names[-1:] = [f" and {thousands(more)} more"] if more > 0 else []
    line: Line = (f"{rows(matter.rows)}: {matter.reason}",)
    action = "the same" if before is not None and before.action == matter.action else matter.action
    return doc.Entry(line, ((*names,), (f"To do: {action}",)))


def _malformed(report: BulkReport, most: int) -> doc.Table:
    columns = (
        doc.Column("line", is_number=True),
        doc.Column("what is wrong"),
        doc.Column("what stood there"),
    )
    return doc.Table(
        columns,
        tuple(
            ((str(it.line),), (Raw(_cut(it.problem, 60)),), (Raw(_cut(it.text, 40)),))
            for it in report.malformed[:most]
        ),
    )


def _operators(report: BulkReport, most: int) -> doc.Table:
    return _shares("operator", ((it, Raw(_cut(it.title, 30))) for it in report.operators[:most]))


def bar(part: float) -> str:
    """A share as a bar."""
    return "=" * max(round(part * _BAR), 1)


def share(part: float) -> str:
    """A share of rows; what is not none or all of them is not told as that."""
    if 0 < part < 0.001:
        return "<0.1 %"
    if 0.999 < part < 1:
        return ">99.9 %"
    return f"{part * 100:.1f}".removesuffix(".0") + " %"


def rows(count: int) -> str:
    """How many, with the noun."""
    return amount(count, "row")


def _cut(text: str, limit: int) -> str:
    return f"{text[:limit]}…" if len(text) > limit else text


def one_line(report: BulkReport) -> str:
    """The summary beside rows on the same terminal."""
    verdict = _verdict(report)
    return f"{verdict.word}: {plain(verdict.place)}"
