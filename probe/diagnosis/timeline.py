"""The spans of a run, from the times of its events: DNS first, then each session."""

from __future__ import annotations

from collections.abc import Iterator

from probe.facts.model import Facts
from probe.facts.session import Session
from probe.model.reply import Stage
from probe.model.timeline import ReportSpan, SpanKind
from probe.recording import events as ev
from probe.recording.journal import Recording

_GAP_MS = 20  # questions that follow one another so soon are one span
_KINDS = frozenset(SpanKind)  # a recording can hold a stage that no run of this program reaches (DATA)


def timeline(facts: Facts, recording: Recording) -> tuple[ReportSpan, ...]:
    """Every span. What a recording gives no time of has none."""
    return (*_dns(recording), *(span for it in facts.sessions for span in _session(it, recording)))


def _dns(recording: Recording) -> Iterator[ReportSpan]:
    """The times in which at least one question was open."""
    times = sorted(
        (max(0, it.at_ms - it.answer.elapsed_ms), it.at_ms) for it in recording.all(ev.DnsAnswered)
    )
    start, end, count = 0, 0, 0
    for began, ended in times:
        if count and began > end + _GAP_MS:
            yield ReportSpan(SpanKind.DNS, None, start, end - start, count)
            count = 0
        start = start if count else began
        end = max(end, ended) if count else ended
        count += 1
    if count:
        yield ReportSpan(SpanKind.DNS, None, start, end - start, count)


def _session(session: Session, recording: Recording) -> Iterator[ReportSpan]:
    number, opened_ms, connect_ms, tls_ms = session.number, 0, None, None
    for event in recording.session(number):
        match event:
            case ev.SessionOpened():
                opened_ms = event.at_ms
            case ev.Connected() | ev.SessionClosed() if connect_ms is None:
                connect_ms = event.at_ms
            case ev.TlsEstablished() | ev.TlsFailed():
                tls_ms = event.at_ms
    if connect_ms is not None:
        yield _span(SpanKind.CONNECT, number, opened_ms, connect_ms)
    for exchange in session.exchanges:
        end = exchange.at_ms + exchange.elapsed_ms
        if exchange.stage.value in _KINDS:
            yield _span(SpanKind(exchange.stage.value), number, exchange.at_ms, end)
        if exchange.stage is Stage.STARTTLS and tls_ms is not None:
            yield _span(SpanKind.TLS, number, end, tls_ms)


def _span(kind: SpanKind, session: int, start: int, end: int) -> ReportSpan:
    return ReportSpan(kind, session, start, max(0, end - start))
