"""`check`, `domain` and `replay` as processes, with a resolver that cannot be reached: the run ends early,
and everything around it (report, recording, files, exit code) must hold all the same."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import socket
import stat
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from probe.report.schema import report_schema
from tests.cli.command import smtp_probe
from tests.support.patience import PATIENCE

FIXTURES = Path(__file__).parents[2] / "fixtures"
PAIR = ("bob@example.com", "alice@example.net")
NOWHERE = ("--nameserver", "127.0.0.1:9", "--timeout", "60", "--no-smtp", "--no-dnsbl")


def test_no_resolver_is_inconclusive_and_never_blames_the_recipient() -> None:
    outcome = smtp_probe("check", *PAIR, *NOWHERE)
    assert outcome.code == 4
    assert outcome.stdout.split("\n")[3].startswith("INCONCLUSIVE")
    assert outcome.stdout.rstrip().endswith("exit 4")
    assert "Saved nothing. --record FILE" in outcome.stdout
    assert outcome.stderr == ""


def test_json_on_stdout_satisfies_the_schema() -> None:
    outcome = smtp_probe("check", *PAIR, *NOWHERE, "--format", "json")
    report = json.loads(outcome.stdout)
    jsonschema.validate(report, report_schema())
    assert report["verdict"]["exit_code"] == outcome.code == 4


def test_domain_reports_too() -> None:
    outcome = smtp_probe("domain", "example.net", *NOWHERE[:-1], "--format", "json")
    report = json.loads(outcome.stdout)
    jsonschema.validate(report, report_schema())
    assert report["target"]["command"] == "domain"
    assert outcome.code == 4


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_a_replay_gives_the_identical_report(tmp_path: Path, form: str) -> None:
    recording = tmp_path / "run.jsonl"
    live = smtp_probe("check", *PAIR, *NOWHERE, "--record", str(recording), "--format", form)
    again = smtp_probe("replay", str(recording), "--format", form)
    assert again.stdout == live.stdout
    assert again.code == live.code
    assert stat.S_IMODE(recording.stat().st_mode) == 0o600


def test_a_redacted_recording_replays_to_the_same_verdict(tmp_path: Path) -> None:
    recording, shared = tmp_path / "run.jsonl", tmp_path / "shared.jsonl"
    live = smtp_probe("check", *PAIR, *NOWHERE, "--record", str(recording), "--format", "json")
    assert smtp_probe("redact", str(recording), "-o", str(shared)).code == 0
    again = json.loads(smtp_probe("replay", str(shared), "--format", "json").stdout)
    assert again["verdict"]["outcome"] == json.loads(live.stdout)["verdict"]["outcome"]
    assert "alice@" not in shared.read_text()


def test_redact_says_what_was_replaced_and_what_stays(tmp_path: Path) -> None:
    path, shared = FIXTURES / "recordings/lab-spf-fail/recording.jsonl", tmp_path / "shared.jsonl"
    piped, rest = smtp_probe("redact", str(path)), smtp_probe("redact", str(path), "-o", str(shared))
    assert piped.stdout == shared.read_text()
    assert piped.stderr == rest.stdout and rest.stderr == ""
    assert rest.stdout.startswith("Replaced 4 local parts, 8 names, 2 addresses. What stays: ")
    assert "hashes, GUIDs, queue ids and ticket numbers: who has" in rest.stdout
    again = smtp_probe("redact", str(shared), "-o", "/dev/stdout")
    assert again.stdout == piped.stdout
    assert again.stderr.startswith("Redacted before, and given as it is. What stays: ")


def test_output_file_gets_the_report_and_stdout_nothing(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    outcome = smtp_probe("check", *PAIR, *NOWHERE, "--format", "markdown", "-o", str(path))
    assert outcome.stdout == ""
    assert "**INCONCLUSIVE**" in path.read_text()


def test_quiet_is_two_lines() -> None:
    outcome = smtp_probe("check", *PAIR, *NOWHERE, "-q", env={"COLUMNS": "100"})
    assert outcome.stdout.startswith("INCONCLUSIVE")
    assert outcome.stdout.count("\n") == 2


def test_an_ascii_terminal_gets_ascii() -> None:
    outcome = smtp_probe("check", *PAIR, *NOWHERE, env={"PYTHONIOENCODING": "ascii"})
    assert outcome.stdout.isascii()
    assert "bob@example.com -> alice@example.net" in outcome.stdout


def _on_a_terminal(*arguments: str, **env: str) -> str:
    """What a user at a terminal sees, stdout and stderr together."""
    main, child = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "PYTHONIOENCODING": "utf-8", **env}
    process = subprocess.Popen(
        [sys.executable, "-m", "probe", *arguments], stdin=child, stdout=child, stderr=child, env=environment
    )
    os.close(child)
    text = b""
    while select.select([main], [], [], 60)[0]:
        try:
            chunk = os.read(main, 65536)
        except OSError:  # EIO: the other side is closed
            break
        if not chunk:
            break
        text += chunk
    process.wait()
    os.close(main)
    return text.decode()


def test_a_terminal_gets_colour_and_a_progress_line_that_is_gone_at_the_end() -> None:
    result = _on_a_terminal("check", *PAIR, *NOWHERE, NO_COLOR="")
    assert "\x1b[33mINCONCLUSIVE\x1b[0m" in result
    progress, report = result.rsplit("\r\x1b[K", 1)
    assert re.search(r"\w", progress)
    assert "INCONCLUSIVE" in report


def test_no_color_is_obeyed() -> None:
    result = _on_a_terminal("check", *PAIR, *NOWHERE, NO_COLOR="1")
    assert "\x1b[33m" not in result
    assert "INCONCLUSIVE" in result


def test_a_dumb_terminal_gets_neither_colour_nor_progress() -> None:
    result = _on_a_terminal("check", *PAIR, *NOWHERE, TERM="dumb")
    assert "\x1b" not in result


def test_ctrl_c_gives_the_report_so_far(tmp_path: Path) -> None:
    recording = tmp_path / "run.jsonl"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:  # the run waits for its answers
        silent.bind(("127.0.0.1", 0))
        nameserver = f"127.0.0.1:{silent.getsockname()[1]}"
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "probe", "check", *PAIR),
                *("--nameserver", nameserver, "--timeout", "60", "--record", str(recording)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while not (recording.exists() and recording.stat().st_size):
            if process.poll() is not None:
                break
        process.send_signal(2)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 4
    assert "INCONCLUSIVE" in out
    assert "cut short" in out
    assert "Traceback" not in err


def test_a_closed_pipe_ends_quietly() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "probe", "check", *PAIR, *NOWHERE, "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    with process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 4
