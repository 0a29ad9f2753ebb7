"""The formats for CI and tickets on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.cli.main import run
from tests.cli.command import smtp_probe

RECORDING = "fixtures/recordings/lab-unknown-user/recording.jsonl"


def test_the_summary_of_the_step_has_the_report_in_markdown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("# Of an earlier step\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert run(("replay", RECORDING, "--format", "github")) == 1
    assert capsys.readouterr().out.startswith("::error title=")
    assert run(("replay", RECORDING, "--format", "markdown")) == 1
    report = capsys.readouterr().out
    assert summary.read_text(encoding="utf-8") == f"# Of an earlier step\n{report}"


@pytest.mark.parametrize("name", ["/nonexistent/summary.md", "/", "a\udcff/x"])
def test_a_summary_that_cannot_be_written_is_told_and_no_failure(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", name)
    assert run(("replay", RECORDING, "--format", "github")) == 1
    out, err = capsys.readouterr()
    assert out.startswith("::error title=")
    assert err.count("\n") == 1
    assert "GITHUB_STEP_SUMMARY: cannot write" in err


def test_other_formats_leave_the_summary_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    for form in ("text", "junit", "json"):
        run(("replay", RECORDING, "--format", form))
    assert list(tmp_path.iterdir()) == []


def test_many_replies_are_one_line_each() -> None:
    process = smtp_probe(
        "explain", "--input", "-", "--format", "line", stdin=b"550 5.1.1 no user\n250 ok\n450 4.2.2 full\n"
    )
    lines = process.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["id=1", "exit=1"],
        ["id=2", "exit=0"],
        ["id=3", "exit=3"],
    ]


def test_notes_of_several_recipients_stand_apart() -> None:
    process = smtp_probe("bounce", "fixtures/bounces/qmail-remote.eml", "--format", "note")
    notes = process.stdout.split("\n\n")
    assert len(notes) == 4
    assert {note.strip().count("\n") for note in notes} == {9}
