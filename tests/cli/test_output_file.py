"""The file of -o: the whole report, or what it was before."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import smtp_probe
from tests.support.patience import PATIENCE
from tests.unit.maillog.made import sent

EXPLAIN = ("explain", "550 5.1.1 no such user")
BOUNCE = ("bounce", "fixtures/bounces/qmail-remote.eml")
_PAIR = ("--nameserver", "127.0.0.1:9", "--", "bob@example.com", "alice@example.net")
FULL = Path("/dev/full")
ODD = "Nov 29 03:00:00 mail postfix/smtp[1]: ABCDEF1234: to=<x@b.example>, status=sent"


def _little_room() -> None:
    """Files may grow to 64 octets, which is what a disk that runs full does."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))


def _run(*arguments: str, beforehand: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    # with little room Python 3.11 keeps the first octets of a module's bytecode, which no later run can load
    return subprocess.run(
        [sys.executable, "-m", "probe", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        preexec_fn=beforehand,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )


@pytest.mark.parametrize("command", [EXPLAIN, BOUNCE, ("schema", "report")])
@pytest.mark.parametrize("before", [None, "an earlier report\n"])
def test_a_disk_that_runs_full_leaves_no_part_of_a_report(
    command: tuple[str, ...], before: str | None, tmp_path: Path
) -> None:
    target = tmp_path / "report"
    if before is not None:
        target.write_text(before)
    run = _run(*command, "-o", str(target), beforehand=_little_room)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f"smtp-probe: -o: cannot write {target}: file too large\n"
    assert [path.name for path in tmp_path.iterdir()] == ([] if before is None else ["report"])
    assert before is None or target.read_text() == before


def test_a_disk_that_takes_no_state_is_not_taken_for_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("alice@example.net\n")
    rows = tmp_path / "rows.jsonl"
    run = _run("bulk", str(tmp_path / "list"), "--offline", "-o", str(rows), beforehand=_little_room)
    assert run.returncode == 2 and run.stderr.count("\n") == 1
    assert f"the state cannot be kept in {rows}.state: " in run.stderr


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_full_disk_for_lines_of_a_log_that_were_not_understood_costs_no_report(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text("\n".join((sent(), *(ODD for _ in range(1000)), "")))
    run = _run("log", str(tmp_path / "mail.log"), "--unparsed", str(FULL))
    assert run.returncode == 2 and "DELIVERED  1 message" in run.stdout
    assert run.stderr == "smtp-probe: --unparsed: cannot write /dev/full: no space left on device\n"


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("command", [EXPLAIN, BOUNCE, ("schema", "report")])
def test_a_full_device_is_named(command: tuple[str, ...]) -> None:
    run = _run(*command, "-o", str(FULL))
    assert run.stderr == "smtp-probe: -o: cannot write /dev/full: no space left on device\n"
    assert run.returncode == 2


def test_the_input_may_be_the_output(tmp_path: Path) -> None:
    both = tmp_path / "replies"
    both.write_text("550 5.1.1 no such user\n452 4.2.2 mailbox full\n")
    assert smtp_probe("explain", "--input", str(both), "--format", "jsonl", "-o", str(both)).code == 1
    assert both.read_text().count("\n") == 2
    assert "user_unknown" in both.read_text()


_SOURCES = {
    "log": ("fixtures/logs/exim-plain.log", ()),
    "bounce": ("fixtures/bounces/qmail-remote.eml", ()),
    "replay": ("fixtures/recordings/lab-healthy/recording.jsonl", ()),
    "redact": ("fixtures/recordings/lab-healthy/recording.jsonl", ()),
    "check --message": ("fixtures/bounces/qmail-remote.eml", _PAIR),
    "check --bounce": ("fixtures/bounces/qmail-remote.eml", _PAIR),
    "check --log": ("fixtures/logs/exim-plain.log", _PAIR),
    "domain --severities": ("pyproject.toml", ("--nameserver", "127.0.0.1:9", "--", "example.net")),
}


@pytest.mark.parametrize(("command", "source"), _SOURCES.items(), ids=_SOURCES)
def test_no_log_message_or_recording_is_written_over(
    command: str, source: tuple[str, tuple[str, ...]], tmp_path: Path
) -> None:
    name, further = source
    original = Path(name).read_bytes()
    both = tmp_path / "both"
    both.write_bytes(original)
    outcome = smtp_probe(*command.split(), str(both), "-o", str(both), *further)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "-o: " in outcome.stderr and "name another file" in outcome.stderr
    assert both.read_bytes() == original


def test_a_log_on_standard_input_is_not_written_over_either(tmp_path: Path) -> None:
    both = tmp_path / "mail.log"
    both.write_bytes(original := Path("fixtures/logs/exim-plain.log").read_bytes())
    with both.open("rb") as stream:
        command = [sys.executable, "-m", "probe", "log", "-", "-o", str(both)]
        assert subprocess.run(command, stdin=stream, capture_output=True, check=False).returncode == 2
    assert both.read_bytes() == original


@pytest.mark.parametrize("option", ["--state", "--unparsed"])
def test_a_report_on_a_log_takes_no_file_of_another_option(option: str, tmp_path: Path) -> None:
    both = tmp_path / "both"
    outcome = smtp_probe("log", "fixtures/logs/exim-plain.log", option, str(both), "-o", f"{tmp_path}/./both")
    assert outcome.code == 2 and f"the file of {option}, too; give each its own" in outcome.stderr
    assert not both.exists()


def test_a_link_stays_a_link_and_the_mode_that_it_was(tmp_path: Path) -> None:
    target, link = tmp_path / "report", tmp_path / "link"
    target.touch(mode=0o600)
    link.symlink_to(target)
    assert smtp_probe(*EXPLAIN, "-o", str(link)).code == 1
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert target.read_text().startswith("REFUSED FOR GOOD")


def test_a_pipe_and_standard_output_may_be_named(tmp_path: Path) -> None:
    assert _run(*EXPLAIN, "-o", "/dev/stdout").stdout.startswith("REFUSED FOR GOOD")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = subprocess.Popen([sys.executable, "-m", "probe", *EXPLAIN, "-o", str(pipe)])
    assert pipe.read_text().startswith("REFUSED FOR GOOD")
    assert process.wait(PATIENCE) == 1


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_part_of_a_report(end: signal.Signals, tmp_path: Path) -> None:
    replies, target = tmp_path / "replies", tmp_path / "report"
    os.mkfifo(replies)
    process = subprocess.Popen(
        [sys.executable, "-m", "probe", "explain", "--input", str(replies), "-o", str(target)],
        stderr=subprocess.PIPE,
    )
    with replies.open("w") as source:
        source.write("550 5.1.1 no such user\n")
        source.flush()
        while not any(path.stat().st_size for path in tmp_path.iterdir() if path != replies):
            assert process.poll() is None
        process.send_signal(end)
        assert process.communicate(timeout=PATIENCE)[1] == b"smtp-probe: interrupted\n"
    assert process.returncode == 128 + end
    assert list(tmp_path.iterdir()) == [replies]


@pytest.mark.parametrize("option", ["-o", "--record"])
def test_a_name_that_no_file_can_have_is_one_line(option: str) -> None:
    outcome = smtp_probe("demo", option, "n" * 300)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == f"smtp-probe: {option}: cannot write {'n' * 300}: file name too long\n"


def test_a_disk_that_took_neither_recording_nor_report_is_said_of_both(tmp_path: Path) -> None:
    run = ("check", "bob@example.com", "alice@example.net", "--nameserver", "127.0.0.1:9", "--timeout", "60")
    saved, target = tmp_path / "run.jsonl", tmp_path / "report"
    result = _run(*run, "--no-smtp", "--record", str(saved), "-o", str(target), beforehand=_little_room)
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        f"smtp-probe: --record: cannot write {saved}: file too large; it ends there",
        f"smtp-probe: -o: cannot write {target}: file too large",
    ]
    assert list(tmp_path.iterdir()) == [saved]


@pytest.mark.parametrize("command", [("--help",), ("check", "--help"), ("explain", "--help"), EXPLAIN])
def test_a_reader_that_is_gone_changes_no_exit_code(command: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    run = subprocess.run(
        [sys.executable, "-m", "probe", *command],
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=PATIENCE,
        check=False,
    )
    os.close(writing)
    assert (run.returncode, run.stderr) == (1 if command == EXPLAIN else 0, b"")


def test_recording_and_report_are_two_files(tmp_path: Path) -> None:
    both = tmp_path / "run.jsonl"
    outcome = smtp_probe("demo", "--record", str(both), "-o", str(tmp_path / "." / "run.jsonl"))
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == f"smtp-probe: -o: {both} is the file of --record, too; give each its own\n"
    assert not both.exists()
    assert smtp_probe("demo", "-q", "--record", "/dev/null", "-o", "/dev/null").code == 1


def test_metrics_can_be_read_by_the_user_of_node_exporter(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        path = tmp_path / "probe.prom"
        assert smtp_probe("demo", "healthy", "--format", "prometheus", "-o", str(path)).code == 0
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
        assert path.read_text(encoding="utf-8").startswith("# HELP smtp_probe_info ")
        assert list(tmp_path.iterdir()) == [path]
        path.chmod(0o600)
        assert smtp_probe("demo", "healthy", "--format", "prometheus", "-o", str(path)).code == 0
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, "of a file that is there, its owner decides"
        report = tmp_path / "report.txt"
        assert smtp_probe("demo", "healthy", "-o", str(report)).code == 0
        assert stat.S_IMODE(report.stat().st_mode) == 0o600
    finally:
        os.umask(before)
