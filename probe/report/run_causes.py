"""The causes in the report of a run: the evidence, and the hypotheses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from probe._dataclass import replace
from probe.knowledge import finding_groups as groups
from probe.model.reply import Stage
from probe.model.report import Report, ReportCause, ReportEvidence, ReportHypothesis
from probe.model.verdict import Outcome
from probe.report import document as doc
from probe.report import view, words
from probe.report.cause_rows import NEGLIGIBLE, side_of
from probe.report.detail import Detail
from probe.report.line import Code, Emphasis, Line, Origin, Raw


def why(report: Report, detail: Detail) -> Iterator[doc.Section]:
    """The evidence for the first cause; in a full report for every cause."""
    causes = tuple(_causes(report, detail))
    if not causes:
        return
    if not detail.is_for_others:
        yield doc.Section(("Why",), (doc.Weighing(causes),))
        return
    first: Line = ("The first is ", Emphasis(report.verdict.band.value), ". ") if len(causes) > 1 else ()
    scale = "Weights are in decibans: +10 makes a cause ten times likelier. "
    rules = (Code("smtp-probe rules ID"), " tells what a rule reads and its source.")
    yield doc.Section(("Causes",), (doc.Paragraph((*first, scale, *rules)), doc.Weighing(causes)))


def _causes(report: Report, detail: Detail) -> Iterator[doc.ArguedCause]:
    if detail is Detail.SCREEN:
        main = view.main_cause(report)
        evidence = [merge(main)] if main is not None else []
    elif detail.is_for_others:
        evidence = [it for rank, it in enumerate(report.causes) if not rank or it.probability >= NEGLIGIBLE]
    else:
        evidence = list(report.causes)
    causes = [
        doc.ArguedCause(it.title, it.id, it.probability, tuple(_arguments(it, detail))) for it in evidence
    ]
    is_whole = detail.is_for_others and any(cause.arguments for cause in causes)
    return (cause for cause in causes if cause.arguments or is_whole)


def _arguments(cause: ReportCause, detail: Detail) -> Iterator[doc.Argument]:
    """The evidence of one cause: for, against, then evidence without effect, strongest first."""
    everything = sorted((*cause.evidence_for, *cause.evidence_against), key=lambda it: -abs(it.weight_db))
    for side in doc.Side:
        for it in everything:
            if side_of(it.weight_db) is side:
                yield doc.Argument(side, it.weight_db, (Raw(it.text), *origin(it.rule, it.ref, detail)))


def origin(rule: str, ref: str, detail: Detail) -> Line:
    """The source of a sentence. References point into the recording, which a reader of a ticket does not
    have."""
    match detail:
        case Detail.FULL:
            return (Origin(rule, ref),)
        case Detail.TICKET | Detail.PAGE:
            return (Origin(rule),)
        case Detail.BRIEF | Detail.SCREEN:
            return ()


def merge(cause: ReportCause) -> ReportCause:
    """The cause with evidence of the same words, from several rules, merged into one with the sum of the
    weights."""

    def once(pieces: tuple[ReportEvidence, ...]) -> tuple[ReportEvidence, ...]:
        by_text: dict[str, ReportEvidence] = {}
        for piece in pieces:
            first = by_text.get(piece.text)
            by_text[piece.text] = (
                replace(first, weight_db=first.weight_db + piece.weight_db) if first else piece
            )
        return tuple(by_text.values())

    return replace(
        cause, evidence_for=once(cause.evidence_for), evidence_against=once(cause.evidence_against)
    )


def hypotheses(report: Report, detail: Detail) -> Iterator[doc.Section]:
    """If the reply names no cause, every kind of explanation with its strongest fact; and what is documented
    about the recipient's domain."""
    if report.hypotheses:
        slight = [it.title for it in report.hypotheses if detail is Detail.SCREEN and _is_slight(it)]
        rows = tuple(_hypothesis_rows(it for it in report.hypotheses if it.title not in slight))
        above = (doc.Paragraph((Raw(text),)) for text in origins(report))
        share = words.percent(NEGLIGIBLE)
        titles = Raw("; ".join(slight))
        below = (doc.Paragraph((f"less than {share} each: ", titles, " (-v tells why)")),)
        parts = (*above, doc.Hypotheses(rows), *(below if slight else ()))
        yield doc.Section(unsaid(report), parts)
    if known_hypotheses := public_knowledge(report):
        lines = tuple((Raw(text),) for text in known_hypotheses)
        yield doc.Section(("Documented about ", Raw(report.target.domain)), (doc.Items(lines),))


def _is_slight(hypothesis: ReportHypothesis) -> bool:
    return hypothesis.probability < NEGLIGIBLE


def _hypothesis_rows(all_hypotheses: Iterable[ReportHypothesis]) -> Iterator[doc.HypothesisRow]:
    """The rows with their facts; a fact of several rows is shown once."""
    title_of: dict[str, str] = {}
    before = ""
    for it in all_hypotheses:
        fact: Line = (Raw(it.fact),)
        if it.weight_db is not None and it.fact in title_of:
            fact = (
                ("the same fact",) if it.fact == before else ("the same fact as for ", Raw(title_of[it.fact]))
            )
        yield doc.HypothesisRow(it.title, it.probability, it.weight_db, fact)
        title_of.setdefault(it.fact, it.title)
        before = it.fact


def unsaid(report: Report) -> Line:
    """The heading of the hypotheses."""
    session, verdict = view.deciding_session(report), report.verdict
    exchanges = [it for it in session.exchanges if it.stage == verdict.stage] if session is not None else []
    replies = [it for it in exchanges if it.reply_code is not None]
    if not replies:
        return ("Hypotheses",)
    # later RCPTs are controls
    status = (replies[0] if verdict.stage is Stage.RCPT else replies[-1]).enhanced_status
    if status is None:
        return ("Hypotheses (the reply has no enhanced status)",)
    if not status.endswith(".0.0"):
        return ("Hypotheses",)
    return ("Hypotheses (", Raw(status), " names no cause)")


def origins(report: Report) -> tuple[str, ...]:
    """Who wrote an x.0.0, by the reply and by the bounce."""
    return tuple(f.message for f in report.findings if f.tag in groups.ORIGINS_OF_STATUS)


def public_knowledge(report: Report) -> tuple[str, ...]:
    """What is publicly known of the recipient's domain, with sources and dates, and of its provider; nothing
    once the recipient was accepted."""
    if report.verdict.outcome is Outcome.ACCEPTED:
        return ()
    return tuple(finding.message for finding in report.findings if finding.tag in groups.DOCUMENTED)
