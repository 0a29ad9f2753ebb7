"""When a run did what: DNS, and each session with its commands, and the times in which nothing was asked."""

from __future__ import annotations

from collections.abc import Iterator

from probe.model.report import Report
from probe.model.timeline import ReportSpan, SpanKind
from probe.report import document as doc
from probe.report import run_words, view_session
from probe.report.line import Line, Raw

_KINDS = {
    SpanKind.DNS: doc.BarKind.DNS,
    SpanKind.CONNECT: doc.BarKind.CONNECT,
    SpanKind.GREETING: doc.BarKind.CONNECT,
    SpanKind.STARTTLS: doc.BarKind.TLS,
    SpanKind.TLS: doc.BarKind.TLS,
}
_NAMES = {
    SpanKind.DNS: "DNS",
    SpanKind.CONNECT: "connection",
    SpanKind.GREETING: "greeting",
    SpanKind.TLS: "TLS handshake",
}
_WAIT_MS = 100  # shorter pauses are the program's own work


def section(report: Report) -> Iterator[doc.Section]:
    """The section; none for a run without times."""
    if report.timeline:
        lanes = tuple(_lanes(report))
        yield doc.Section(("Time",), (doc.Timeline(lanes, max(report.elapsed_ms, 1)),))


def _lanes(report: Report) -> Iterator[doc.Lane]:
    yield doc.Lane(("DNS",), tuple(map(_bar, (it for it in report.timeline if it.session is None))))
    for number, session in enumerate(report.sessions, 1):
        spans = [it for it in report.timeline if it.session == number]
        if spans:
            purpose = run_words.EXPERIMENTS[session.experiment].removeprefix("control: ")
            title: Line = (f"{purpose}: ", Raw(view_session.session_title(session)))
            yield doc.Lane(title, tuple(map(_bar, spans)))
    pauses = tuple(_pauses(report))
    if pauses:
        yield doc.Lane(("nothing was asked",), pauses)


def _bar(span: ReportSpan) -> doc.Bar:
    name = _NAMES.get(span.kind, span.kind.value.upper())
    if span.questions:
        name = f"{name}, {span.questions} question{'' if span.questions == 1 else 's'}"
    return doc.Bar(name, _KINDS.get(span.kind, doc.BarKind.COMMAND), span.start_ms, span.elapsed_ms)


def _pauses(report: Report) -> Iterator[doc.Bar]:
    """From the first span to the end of the run: courtesy towards a server, or this machine's own work."""
    spans = sorted(report.timeline, key=lambda it: it.start_ms)
    end = spans[0].start_ms
    for start, elapsed_ms in (*((it.start_ms, it.elapsed_ms) for it in spans), (report.elapsed_ms, 0)):
        if start - end >= _WAIT_MS:
            yield doc.Bar("pause", doc.BarKind.PAUSE, end, start - end)
        end = max(end, start + elapsed_ms)
