"""The exit code says what is wrong, whether or not anybody can be told on stderr."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.command import Outcome, smtp_probe
from tests.support.patience import PATIENCE

WRONG = (
    ("check",),
    ("check", "bob", "alice@example.net"),
    ("check", "bob@example.com", "alice@example.net", "--bogus"),
    ("check", "bob@example.com", "alice@example.net", "--ip", "x"),
    ("domain", "example.net", "--record", "/nonexistent/x"),
    ("demo", "no-such-scenario"),
    ("explain",),
    ("explain", "550 no", "--stage", "x"),
    ("bounce",),
    ("bounce", "/nonexistent"),
    ("replay", "/nonexistent"),
    ("redact", "/nonexistent"),
    ("checks", "no-such-check"),
    ("rules", "no-such-rule"),
    ("schema", "no-such-schema"),
    ("no-such-command",),
)
STREAMS = {
    "full": "2>/dev/full",
    "closed": "2>&-",
    "gone": "",  # a pipe whose reader left
    "full, as stdout is": ">/dev/full 2>/dev/full",
    "closed, as all are": "<&- >&- 2>&-",
    "read only": "2</dev/null",
}


def in_shell(arguments: tuple[str, ...], streams: str, more: Mapping[str, str] | None = None) -> Outcome:
    """A command line whose streams a shell has set; where it sets none, nobody reads stderr."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        run = subprocess.run(
            ["sh", "-c", f'exec "$@" {streams}', "sh", sys.executable, "-m", "probe", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if streams else writer,
            env={**os.environ, **(more or {})},
            timeout=PATIENCE,
            check=False,
        )
    finally:
        os.close(writer)
    return Outcome(run.returncode, run.stdout.decode(), (run.stderr or b"").decode())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("streams", STREAMS.values(), ids=STREAMS.keys())
@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_a_usage_error_is_one_whatever_stderr_does(arguments: tuple[str, ...], streams: str) -> None:
    run = in_shell(arguments, streams)
    assert (run.code, run.stdout, run.stderr) == (2, "", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("streams", STREAMS.values(), ids=STREAMS.keys())
def test_an_internal_error_is_one_whatever_stderr_does(streams: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "from probe.cli import explain\ndef fail(*_): raise RuntimeError('planted')\nexplain.main = fail\n"
    )
    path = os.pathsep.join((str(tmp_path), str(Path.cwd())))
    run = in_shell(("explain", "550 no"), streams, {"PYTHONPATH": path, "SMTP_PROBE_DEBUG": ""})
    assert run.code == 70


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_report_does_not_mind_a_stderr_that_takes_nothing(tmp_path: Path) -> None:
    demo = ("demo", "unknown-user", "--record", str(tmp_path / "run.jsonl"))
    run = in_shell(demo, "2>/dev/full")
    assert run.code == 1
    assert "exit 1" in run.stdout


KEY_LOGS = {
    "no such directory": "{tmp}/none/keys",
    "a directory": "{tmp}",
    "a device that is full": "/dev/full",
    "a pipe that nobody reads": "{tmp}/pipe",
    "a name beyond all names": "/" + "x" * 5000,
}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("path", KEY_LOGS.values(), ids=KEY_LOGS.keys())
def test_a_key_log_that_cannot_be_written_is_one_line_beside_the_report(path: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    plain = smtp_probe("demo", "mta-sts-enforce", "--format", "json")
    run = smtp_probe(
        "demo", "mta-sts-enforce", "--format", "json", env={"SSLKEYLOGFILE": path.format(tmp=tmp_path)}
    )
    assert run.code == plain.code
    assert '"status": "valid"' in run.stdout, "the policy was fetched all the same"
    assert run.stderr.count("\n") == 1
    assert "smtp-probe: SSLKEYLOGFILE: cannot write" in run.stderr
    assert "no keys are logged" in run.stderr


def test_a_key_log_that_can_be_written_is(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    run = smtp_probe("demo", "mta-sts-enforce", env={"SSLKEYLOGFILE": str(path)})
    assert run.stderr == ""
    assert "TRAFFIC_SECRET" in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
