"""The spans of a run: each from the times of its events, none beyond the run."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from probe.diagnosis.assemble import report_of
from probe.model.session import EndReason
from probe.model.timeline import SpanKind
from probe.recording import events as ev
from probe.recording.file import load
from probe.recording.journal import Recording

FOLDER = Path(__file__).resolve().parents[3] / "fixtures" / "recordings"
FILES = sorted(FOLDER.rglob("*.jsonl"))


def prefixes(recording: Recording) -> list[Recording]:
    events = list(recording)
    return [Recording.of(events[:count]) for count in range(1, len(events) + 1, 7)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_spans_lie_within_the_run_and_those_of_a_session_follow_one_another(path: Path) -> None:
    for recording in (load(path), *prefixes(load(path))):
        report = report_of(recording)
        for span in report.timeline:
            assert span.start_ms >= 0
            assert span.elapsed_ms >= 0
            assert span.start_ms + span.elapsed_ms <= report.elapsed_ms
        for number in range(1, len(report.sessions) + 1):
            spans = [it for it in report.timeline if it.session == number]
            assert all(a.start_ms + a.elapsed_ms <= b.start_ms for a, b in pairwise(spans))
        dns = [it for it in report.timeline if it.session is None]
        assert sum(it.questions for it in dns) == len(recording.all(ev.DnsAnswered))
        assert all(a.start_ms + a.elapsed_ms < b.start_ms for a, b in pairwise(dns))


def test_each_step_of_a_session_has_its_span() -> None:
    report = report_of(load(FOLDER / "lab-healthy" / "recording.jsonl"))
    (session,) = report.sessions
    kinds = [it.kind for it in report.timeline if it.session == 1]
    commands = [SpanKind(it.stage) for it in session.exchanges]
    tls = commands.index(SpanKind.STARTTLS) + 1
    assert kinds == [SpanKind.CONNECT, *commands[:tls], SpanKind.TLS, *commands[tls:]]


def test_a_command_without_a_reply_lasts_as_long_as_it_was_waited_for() -> None:
    recording = load(FOLDER / "lab-healthy" / "recording.jsonl")
    events = list(recording)
    rcpt = next(n for n, it in enumerate(events) if isinstance(it, ev.Sent) and it.data[:4] == b"RCPT")
    at_ms = getattr(events[rcpt], "at_ms", 0)
    cut = Recording.of([*events[: rcpt + 1], ev.SessionClosed(at_ms + 4321, 1, EndReason.TIMEOUT)])
    (span,) = [it for it in report_of(cut).timeline if it.kind is SpanKind.RCPT]
    assert (span.start_ms, span.elapsed_ms) == (at_ms, 4321)
