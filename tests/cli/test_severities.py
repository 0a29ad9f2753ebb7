"""`--severities FILE`: how much findings matter to one user, and what such a file cannot say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probe.cli.main import run
from probe.knowledge.finding_tags import finding_tags
from probe.knowledge.severities import SeveritiesError, read_severities
from probe.model.finding import Severity

RECORDINGS = Path(__file__).resolve().parents[2] / "fixtures" / "recordings"
ACCEPTED = RECORDINGS / "lab-spf-fail-accepted" / "recording.jsonl"
HEALTHY = RECORDINGS / "lab-healthy" / "recording.jsonl"


def replayed(
    capsys: pytest.CaptureFixture[str], recording: Path, *arguments: str
) -> tuple[int, dict[str, str]]:
    """The exit code, and the severity of every tag in the JSON report."""
    code = run(("replay", str(recording), "--format", "json", *arguments))
    result = json.loads(capsys.readouterr().out)["findings"]
    return code, {finding["tag"]: finding["severity"] for finding in result}


def profile(tmp_path: Path, text: str) -> str:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_fault_that_matters_less_no_longer_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, before = replayed(capsys, ACCEPTED)
    assert (code, before["spf-fail"]) == (5, "error")
    code, after = replayed(capsys, ACCEPTED, "--severities", profile(tmp_path, 'spf-fail = "notice"'))
    assert (code, after) == (0, before | {"spf-fail": "notice"})


def test_a_fault_that_matters_more_counts_where_it_foretells_a_refusal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, result = replayed(capsys, HEALTHY)
    assert (code, result["mta-sts-absent"]) == (0, "notice")
    text = 'mta-sts-absent = "fatal"\nspf-pass = "error"\n'
    code, result = replayed(capsys, HEALTHY, "--severities", profile(tmp_path, text))
    # what predicts no refusal after DATA changes no verdict, whatever its severity
    assert (code, result["mta-sts-absent"], result["spf-pass"]) == (0, "fatal", "error")


def test_an_empty_file_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = profile(tmp_path, "\ufeff# nothing yet\n")
    assert replayed(capsys, ACCEPTED, "--severities", empty) == replayed(capsys, ACCEPTED)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('spf-sofftail = "error"', "'spf-sofftail' is unknown; near to it: spf-softfail"),
        ('"" = "error"', "`smtp-probe checks ID` lists those of a check"),
        ('"\\u001b[2J" = "error"', "is unknown"),
        ('spf-fail = "bad"', "spf-fail = 'bad' is not one of fatal, error, warning, notice, ok"),
        ('spf-fail = "Error"', "is not one of"),
        ('spf-fail = "not_assessed"', "is not one of"),
        ("spf-fail = true", "is not one of"),
        ('[spf-fail]\nseverity = "error"', "is not one of"),
        ('spf-temperror = "error"', "what is not known is neither right nor wrong"),
        ("spf-fail = error", "no TOML: Invalid value (at line 1, column 12); a line is: "),
        ('spf-fail = "ok"\nspf-fail = "error"', "no TOML"),
        ("a = " + "[" * 100_000, "no TOML that can be read"),
        ("a = " + "1" * 9_000, "no TOML that can be read"),
        ("a" * 300_000, "larger than"),
    ],
    ids=lambda value: value[:30],
)
def test_what_cannot_be_used_is_one_line(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(("replay", str(ACCEPTED), "--severities", profile(tmp_path, text)))
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("smtp-probe: --severities: ")
    assert words in err
    assert err.rstrip("\n").isprintable()


@pytest.mark.parametrize("command", [("check", "a@example.com", "b@example.net"), ("domain", "example.net")])
@pytest.mark.parametrize(("name", "text"), [("", "is a directory"), ("none.toml", "no such file")])
def test_a_file_that_is_none_ends_a_run_before_it_begins(
    command: tuple[str, ...], name: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run((*command, "--severities", str(tmp_path / name))) == 2
    assert text in capsys.readouterr().err


def test_octets_that_are_no_text_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(b"# \xff\n")
    assert run(("replay", str(ACCEPTED), "--severities", str(path))) == 2
    assert "no text in UTF-8 (octet 3)" in capsys.readouterr().err


@pytest.mark.parametrize("severity", [it for it in Severity if it is not Severity.NOT_ASSESSED])
def test_every_severity_but_not_assessed_can_be_given(severity: Severity) -> None:
    for tag in finding_tags().values():
        line = f'{tag.name} = "{severity}"'
        if tag.severity is Severity.NOT_ASSESSED:
            with pytest.raises(SeveritiesError):
                read_severities(line)
        else:
            assert read_severities(line) == {tag.name: severity}
