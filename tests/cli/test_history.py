"""The last runs are kept: which, where, how they are read again, and what it costs where that cannot be."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from probe import settings
from probe.cli import tape
from probe.recording.file import load
from tests.cli.command import Outcome, smtp_probe

ROOT = Path(__file__).resolve().parents[2]
PAIR = ("bob@example.com", "alice@example.net")
NOWHERE = ("--nameserver", "127.0.0.1:9", "--timeout", "60", "--no-smtp", "--no-dnsbl")


@pytest.fixture
def probe(tmp_path: Path) -> Callable[..., Outcome]:
    def run(*arguments: str, **env: str) -> Outcome:
        rest = {"XDG_STATE_HOME": str(tmp_path / "state"), "SMTP_PROBE_HISTORY": "1", **env}
        return smtp_probe(*arguments, env=rest)

    return run


def runs(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "state").rglob("*.jsonl"))


def test_a_run_is_kept_its_report_names_it_and_it_is_read_again(
    probe: Callable[..., Outcome], tmp_path: Path
) -> None:
    live = probe("check", *PAIR, *NOWHERE)
    assert live.stderr == ""
    (path,) = runs(tmp_path)
    report, last = live.stdout.rsplit("\n", 2)[:2]
    footer, exit_code = last.rsplit("  ", 1)
    assert footer.strip() == f"Kept: smtp-probe replay {path.stem}" and exit_code == "exit 4"
    assert path.stem.endswith("Z-example.net")
    for again in (probe("replay", "--last"), probe("replay", path.stem), probe("replay", str(path))):
        assert again.stdout.rsplit("\n", 2)[0] == report
        assert (again.code, again.stderr) == (4, "")


def test_last_counts_back(probe: Callable[..., Outcome]) -> None:
    probe("check", *PAIR, *NOWHERE, "-q")
    probe("domain", "example.org", *NOWHERE[:-1], "-q")
    last = json.loads(probe("replay", "--last", "--format", "json").stdout)
    before = json.loads(probe("replay", "--last", "2", "--format", "json").stdout)
    assert (last["target"]["domain"], before["target"]["domain"]) == ("example.org", "example.net")
    assert last["target"]["command"] == "domain"
    assert "user1@domain1.example" not in probe("redact", "--last").stderr
    for wrong, words in {
        ("--last", "3"): "--last: 3 is more than the runs that are kept; there are 2",
        ("--last", "0"): "--last: takes a number, 1 for the last run",
        ("--last", "run.jsonl"): "--last: takes a number, 1 for the last run, and no RECORDING (run.jsonl)",
        (): "RECORDING: give a file made by --record, or --last for the last run",
        (
            "20200101T000000Z-example.net",
        ): "RECORDING: cannot read 20200101T000000Z-example.net: no such file",
    }.items():
        outcome = probe("replay", *wrong)
        assert (outcome.code, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)
        assert outcome.stderr.startswith(f"smtp-probe: {words}")


def test_where_nothing_is_kept_it_is_said_where_and_why(probe: Callable[..., Outcome]) -> None:
    outcome = probe("replay", "--last", SMTP_PROBE_HISTORY="0")
    assert outcome.code == 2
    assert "no run is kept in" in outcome.stderr and "SMTP_PROBE_HISTORY=0" in outcome.stderr


def test_demo_replay_and_a_run_that_is_asked_not_to_keep_nothing(
    probe: Callable[..., Outcome], tmp_path: Path
) -> None:
    saved = tmp_path / "run.jsonl"
    off = probe("check", *PAIR, *NOWHERE, "--record", str(saved), SMTP_PROBE_HISTORY="0")
    probe("replay", str(saved))
    demo = probe("demo", "healthy")
    assert (off.stderr, demo.code) == ("", 0)
    assert "Saved nothing. --record FILE" in demo.stdout
    assert runs(tmp_path) == [] and not (tmp_path / "state").exists()


def test_the_setting_turns_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tape.keeps_runs({})
    assert not tape.keeps_runs({"SMTP_PROBE_HISTORY": "0"})
    monkeypatch.setattr(settings, "HISTORY_RUNS", 0)
    assert not tape.keeps_runs({})


def test_a_fault_of_the_history_folder_gives_one_line_and_never_ends_the_run(
    probe: Callable[..., Outcome], tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "state").mkdir()
    (tmp_path / "state/smtp-probe").symlink_to(tmp_path / "elsewhere")
    outcome = probe("check", *PAIR, *NOWHERE)
    assert outcome.code == 4 and "Saved nothing." in outcome.stdout
    assert outcome.stderr.count("\n") == 1 and "is a symbolic link" in outcome.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []
    quiet = probe("check", *PAIR, *NOWHERE, "-q")
    assert (quiet.code, quiet.stderr) == (4, "")


def test_a_file_system_that_cannot_be_written_gives_one_line(probe: Callable[..., Outcome]) -> None:
    outcome = probe("check", *PAIR, *NOWHERE, XDG_STATE_HOME="/proc")  # no directory can be made there
    assert outcome.code == 4 and "Saved nothing." in outcome.stdout
    assert outcome.stderr.startswith("smtp-probe: this run is not kept for replay --last: cannot write /proc")
    assert outcome.stderr.count("\n") == 1


def test_what_was_observed_before_its_file_was_made_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    all_events = tuple(load(next((ROOT / "fixtures" / "recordings").rglob("*.jsonl"))))
    for before in (0, 3, len(all_events)):
        archive = tape.Archive("run", is_quiet=False)
        for number, event in enumerate(all_events):
            if number == before:
                archive.begin()
            archive.append(event)
        name = archive.end(is_worth_it=True)
        assert tuple(load(tmp_path / "state" / "smtp-probe" / f"{name}.jsonl")) == all_events


def test_a_run_that_saw_nothing_makes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    archive = tape.Archive("run", is_quiet=False)
    assert archive.end(is_worth_it=False) == ""
    assert runs(tmp_path) == []


def test_a_disk_that_fills_up_leaves_no_half_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    archive = tape.Archive("run", is_quiet=False)

    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    archive.begin()
    assert archive._file is not None
    monkeypatch.setattr(archive._file.writer, "append", full)
    archive.append(None)  # type: ignore[arg-type]
    assert archive.end(is_worth_it=True) == ""
    assert runs(tmp_path) == []
    assert "run.jsonl: no space left on device; SMTP_PROBE_HISTORY=0 keeps none" in capsys.readouterr().err


def test_runs_at_once_are_all_kept(tmp_path: Path) -> None:
    env = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "SMTP_PROBE_HISTORY": "1"}
    command = [sys.executable, "-m", "probe", "check", *PAIR, *NOWHERE]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
        for _ in range(4)
    ]
    ended = [(*process.communicate(), process.returncode) for process in processes]
    assert [(err, code) for _, err, code in ended] == [("", 4)] * 4
    footers = {out.split("Kept: smtp-probe replay ")[1].split()[0] for out, _, _ in ended}
    assert footers == {path.stem for path in runs(tmp_path)} and len(footers) == 4


def test_a_recording_on_stdout_leaves_it_alone(tmp_path: Path) -> None:
    outcome = smtp_probe("check", *PAIR, *NOWHERE, "--record", "-")
    assert {json.loads(line)["kind"] for line in outcome.stdout.splitlines()} >= {
        "started",
        "dns",
    }
    assert "INCONCLUSIVE" in outcome.stderr and outcome.code == 4
    saved = tmp_path / "run.jsonl"
    saved.write_text(outcome.stdout)
    again = smtp_probe("replay", str(saved))
    assert again.stdout == outcome.stderr
    beside = smtp_probe("check", *PAIR, *NOWHERE, "--record", "-", "-o", str(tmp_path / "report"))
    assert beside.stderr == "" and "INCONCLUSIVE" in (tmp_path / "report").read_text()


def test_a_reader_of_the_recording_that_goes_away_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "probe", "check", *PAIR, *NOWHERE, "--record", "-", "-q"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    with process:
        process.stdout.close()
        report = process.stderr.read()
    assert report.startswith("INCONCLUSIVE") and "smtp-probe:" not in report  # the report, and nothing else
    assert process.returncode == 4


@pytest.mark.parametrize("end", ["", "/"])
def test_in_a_directory_the_file_gets_a_name(end: str, tmp_path: Path) -> None:
    outcomes = [smtp_probe("check", *PAIR, *NOWHERE, "--record", f"{tmp_path}{end}") for _ in range(2)]
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2
    for outcome in outcomes:
        assert outcome.stderr.startswith("smtp-probe: recorded to ") and outcome.stderr.count("\n") == 1
    named = {outcome.stderr.split("recorded to ")[1].split(";")[0] for outcome in outcomes}
    assert named == {str(path) for path in files}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_a_directory_that_is_not_there_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    outcome = smtp_probe("check", *PAIR, *NOWHERE, "--record", f"{tmp_path}/no/")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert (
        outcome.stderr == f"smtp-probe: --record: cannot write {tmp_path}/no/: there is no such directory\n"
    )


def test_a_dash_is_stdout_for_reports_too(tmp_path: Path) -> None:
    for arguments in (("explain", "550 5.1.1 no such user"), ("schema", "log")):
        process = subprocess.run(
            [sys.executable, "-m", "probe", *arguments, "-o", "-"],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert process.stdout == smtp_probe(*arguments).stdout
    assert list(tmp_path.iterdir()) == []
