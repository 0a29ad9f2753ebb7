"""Whole reports from stored recordings of format 2, compared with files that a person has read.

`UPDATE_GOLDEN=1 python -m pytest tests/golden/test_recordings.py` writes them anew; the scenario's `expected`
table holds whatever the files say, so that a wrong verdict cannot be blessed by writing them again.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from probe import run
from probe.model.report import Report
from probe.report.json_report import to_json
from probe.report.style import Style
from tests.golden.test_scenarios import RECORDINGS, assert_as_expected
from tests.support.rendering import to_text

FILES = Path(__file__).parent / "reports"
STORED = sorted(RECORDINGS.glob("lab-*/format-2.jsonl"))
of_stored = pytest.mark.parametrize("path", STORED, ids=lambda path: path.parent.name)


def identity(path: Path) -> str:
    return path.parent.name.removeprefix("lab-")


def values(report: Report) -> str:
    """The report in JSON, without the version of this program."""
    result = json.loads(to_json(report))
    del result["tool"]
    return json.dumps(result, indent=2, ensure_ascii=False) + "\n"


WRITERS = {"txt": lambda report: to_text(report, Style(verbosity=1, note="")), "json": values}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        *((path, "txt") for path in STORED),
        (RECORDINGS / "lab-tls-expired-certificate/format-2.jsonl", "json"),
    ],
    ids=lambda it: it if isinstance(it, str) else it.parent.name,
)
def test_a_recording_of_format_2_gives_the_report_as_read(path: Path, kind: str) -> None:
    written = WRITERS[kind](run.replay(path))
    file = FILES / f"recording-{identity(path)}.{kind}"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        file.write_text(written, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == written


@of_stored
def test_a_recording_of_format_2_says_what_its_scenario_promises(path: Path) -> None:
    with path.open(encoding="utf-8") as lines:
        assert json.loads(next(lines))["version"] == 2
    assert_as_expected(run.replay(path), identity(path))


def test_there_are_stored_recordings_of_format_2() -> None:
    assert len(STORED) >= 3
