"""`smtp-probe demo`: the main job on the embedded lab, as a newcomer runs it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from probe import lab
from probe.cli.main import run
from probe.report.schema import report_schema
from tests.cli.command import smtp_probe


def test_list_names_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("demo", "--list")) == 0
    text = capsys.readouterr().out
    assert [scenario.id for scenario in lab.scenarios() if f"\n{scenario.id} " not in f"\n{text}"] == []


def test_the_default_scenario_is_tmall_and_says_that_it_is_a_lab() -> None:
    outcome = smtp_probe("demo")
    assert outcome.code == 1
    assert outcome.stdout.startswith("LAB: scenario “tmall”")
    assert "REFUSED FOR GOOD  at RCPT by mx1.tmall.com" in outcome.stdout
    assert outcome.stdout.count("\n  9 ") == 1
    assert outcome.stderr == ""


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_a_recorded_demo_replays_to_the_identical_report(tmp_path: Path, form: str) -> None:
    recording = tmp_path / "run.jsonl"
    live = smtp_probe("demo", "healthy", "--record", str(recording), "--format", form)
    again = smtp_probe("replay", str(recording), "--format", form)
    assert (live.code, live.stderr) == (0, "")
    assert again.stdout == live.stdout
    assert again.code == live.code


def test_a_redacted_demo_stands_in_the_nine_steps_as_before(tmp_path: Path) -> None:
    recording, shared = tmp_path / "run.jsonl", tmp_path / "shared.jsonl"
    smtp_probe("demo", "healthy", "--record", str(recording))
    assert smtp_probe("redact", str(recording), "-o", str(shared)).code == 0
    before, after = (
        [(step["step"], step["status"]) for step in json.loads(text)["checklist"]]
        for text in (smtp_probe("replay", str(it), "--format", "json").stdout for it in (recording, shared))
    )
    assert after == before


def test_json_of_a_demo_satisfies_the_schema_and_names_the_scenario() -> None:
    report = json.loads(smtp_probe("demo", "unknown-user", "--format", "json").stdout)
    jsonschema.validate(report, report_schema())
    assert report["target"]["scenario"] == "unknown-user"


def test_markdown_and_verbose_carry_the_dialogue() -> None:
    for arguments in (("-v",), ("--format", "markdown")):
        text = smtp_probe("demo", "unknown-user", *arguments).stdout
        assert "C: RCPT TO:<" in text
        assert "S: 550" in text
        assert "C: DATA" not in text
