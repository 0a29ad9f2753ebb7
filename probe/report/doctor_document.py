"""What the report on this machine says, for people: for what it is fit, what is to be mended, what is not
known."""

from __future__ import annotations

from collections.abc import Iterator

from probe.doctor.report import DoctorReport, TestResult
from probe.model.fitness import Fitness, Readiness
from probe.model.text import amount, seconds
from probe.report import document as doc
from probe.report.detail import Detail
from probe.report.doctor_words import names_of, of_readiness, uses_of
from probe.report.line import Code, Line, Raw

_SEVERITIES = {
    Fitness.UNFIT: "unfit",
    Fitness.LIMITED: "limited",
    Fitness.FIT: "fit",
    Fitness.NOT_ASSESSED: "unknown",
}
_TONES = {Readiness.UNFIT: doc.Tone.BAD, Readiness.NOT_KNOWN: doc.Tone.WARN, Readiness.FIT: doc.Tone.GOOD}
_HEADS = {Readiness.UNFIT: "UNFIT", Readiness.NOT_KNOWN: "NOT KNOWN", Readiness.FIT: "FIT"}
_BROKEN = (Readiness.UNFIT, Readiness.NOT_KNOWN, Readiness.FIT)


def build(report: DoctorReport, detail: Detail) -> doc.Document:
    """The whole report."""
    blocks: list[doc.Block] = [_verdict(report)]
    faults = report.faults
    if faults:
        rows = tuple(map(_row, faults))
        blocks.append(doc.Section(("What to mend",), (doc.Findings(rows),), stays=True))
    if detail in (Detail.SCREEN, Detail.TICKET):
        blocks.append(doc.Facts(tuple(_groups(report))))
        blocks += _unknown(report)
    if detail in (Detail.FULL, Detail.PAGE):
        rest = tuple(map(_row, report.of(Fitness.NOT_ASSESSED, Fitness.FIT)))
        blocks.append(doc.Section(("Every other test",), (doc.Findings(rest),)))
    if detail in (Detail.FULL, Detail.TICKET, Detail.PAGE) and report.connections:
        blocks.append(_connections(report))
    effort = f"{seconds(report.elapsed_ms)}, {amount(len(report.tests), 'test')}"
    title = doc.Title((Raw(report.machine.hostname or "this machine"),), (effort,))
    return doc.Document(tuple(blocks), title=title, exit_code=report.exit_code)


def _verdict(report: DoctorReport) -> doc.Verdict:
    if report.is_offline and not report.of(Fitness.UNFIT):
        text = "nothing found in what this machine tells by itself; nothing was asked (--offline)"
        return doc.Verdict("NOT KNOWN", doc.Tone.WARN, (text,))
    first = next(it for it in _BROKEN if uses_of(report, it))
    others = [of_readiness(report, it) for it in _BROKEN if it is not first]
    text = "; ".join(filter(None, (f"for {names_of(report, first)}", *others)))
    return doc.Verdict(_HEADS[first], _TONES[first], (text,))


def _row(result: TestResult) -> doc.FindingRow:
    uses = f" (unfit for {', '.join(use.value for use in result.unfit_for)})" if result.unfit_for else ""
    message: Line = (f"{result.title}: ", Raw(result.message), uses)
    remedy: Line = (Raw(result.fix),) if result.fix else ()
    return doc.FindingRow(_SEVERITIES[result.fitness], result.id, message, remedy)


def _groups(report: DoctorReport) -> Iterator[doc.Fact]:
    """A line for each group with something that is as it should be."""
    groups: dict[str, list[TestResult]] = {}
    for it in report.tests:
        if it.fitness is Fitness.FIT:
            groups.setdefault(it.group, []).append(it)
    for name, results in groups.items():
        yield doc.Fact(name, tuple(_lines(name, results)))


def _lines(group: str, results: list[TestResult]) -> Iterator[Line]:
    if group != _LONG_GROUP:
        for it in results:
            family = f"IPv{it.id[-1]}: " if it.id.startswith("port25-") else ""
            yield (family, Raw(it.message))
        return
    first = next((it for it in results if it.id == _LEADER), results[0])
    others = [it for it in results if it.id not in (_LEADER, first.id, "resolver-answers")]
    yield (Raw(first.message),)
    if others:
        more = amount(len(others), "more test is as it", "more tests are as they")
        yield (f"{more} should be (-v shows {'it' if len(others) == 1 else 'them'})",)


_LONG_GROUP, _LEADER = "resolver", "resolver-kind"
_MOST_UNKNOWN = 6


def _unknown(report: DoctorReport) -> Iterator[doc.Block]:
    """What could not be looked at, by its reason; nothing counts as fit for it."""
    by_reason: dict[str, list[TestResult]] = {}
    for it in report.of(Fitness.NOT_ASSESSED):
        by_reason.setdefault(it.message, []).append(it)
    if not by_reason:
        return
    lines: list[Line] = []
    for message, results in by_reason.items():
        names = ", ".join(it.title for it in results[:_MOST_UNKNOWN])
        more = len(results) - _MOST_UNKNOWN
        fix: Line = (" → ", Raw(results[0].fix)) if results[0].fix else ()
        lines.append((f"{names}{f' and {more} more' if more > 0 else ''}: ", Raw(message), *fix))
    yield doc.Section(("Not known",), (doc.Items(tuple(lines)),))


def _connections(report: DoctorReport) -> doc.Section:
    rows = tuple(
        doc.Note(
            (Raw(f"{it.host} [{it.ip}]"),),
            (Code(it.greeting), f" ({it.elapsed_ms} ms)") if it.greeting else (Raw(it.end),),
        )
        for it in report.connections
    )
    return doc.Section(("Connections to port 25 (greeting and QUIT)",), (doc.Notes(rows),))
