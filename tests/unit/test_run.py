"""The report of a run that was prepared while it went on is that of its recording."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from probe.recording.file import load
from probe.recording.journal import Recording
from probe.run import LiveReport, report_of

ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = sorted((ROOT / "fixtures" / "recordings").rglob("*.jsonl"))[::6]


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_it_is_the_same_wherever_it_was_prepared(path: Path) -> None:
    recording = load(path)
    expected = report_of(recording)
    for events in (1, len(recording) // 2, len(recording)):
        live = LiveReport()
        live.prepare(Recording.of(islice(recording, events)))
        assert live.of(recording) == expected


@pytest.mark.parametrize("path", RECORDINGS[::4], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_it_may_be_prepared_again_and_again(path: Path) -> None:
    recording = load(path)
    live = LiveReport()
    for events in (1, len(recording) // 3, len(recording) // 3, len(recording) - 1):
        live.prepare(Recording.of(islice(recording, max(1, events))))
    assert live.of(recording) == report_of(recording)


def test_it_needs_no_preparation() -> None:
    recording = load(RECORDINGS[0])
    assert LiveReport().of(recording) == report_of(recording)
