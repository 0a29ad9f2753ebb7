"""Ctrl-C, SIGTERM and SIGHUP: once, twice, and where nobody reads."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from probe.cli import signals
from tests.cli.test_under_stress import COMMAND, PAIR, _SilentServer, silent_server
from tests.support.patience import PATIENCE

__all__ = ["silent_server"]

TERM, HUP, INT = signal.SIGTERM, signal.SIGHUP, signal.SIGINT


def _begun(
    server: _SilentServer, saved: Path, beforehand: Callable[[], None] | None = None
) -> subprocess.Popen[str]:
    """A run that has a connection."""
    process = subprocess.Popen(
        [*COMMAND, "check", *PAIR, *server.arguments(), "--format", "json", "--record", str(saved)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=beforehand,
    )
    assert server.connected.wait(PATIENCE)
    while b'"connected"' not in saved.read_bytes():  # the server knows before the client does
        assert process.poll() is None
    return process


@pytest.mark.parametrize("sent", [(INT, INT), (INT, INT, TERM, INT), (TERM, TERM), (HUP,), (HUP, TERM, HUP)])
def test_signals_in_a_row_are_one_and_give_the_report_so_far(
    sent: tuple[signal.Signals, ...], silent_server: _SilentServer, tmp_path: Path
) -> None:
    process = _begun(silent_server, tmp_path / "run.jsonl")
    for number in sent:
        process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert silent_server.left.wait(PATIENCE)
    assert err == ""
    assert process.returncode == json.loads(out)["verdict"]["exit_code"] == 4


def test_a_hangup_that_is_ignored_stays_so(silent_server: _SilentServer, tmp_path: Path) -> None:
    """nohup."""
    process = _begun(silent_server, tmp_path / "run.jsonl", lambda: _ignore(HUP))
    process.send_signal(HUP)
    assert not silent_server.left.wait(0.5)
    process.send_signal(TERM)
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == json.loads(out)["verdict"]["exit_code"] == 4


def _ignore(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_IGN)


@pytest.mark.parametrize("end", [INT, TERM, HUP])
def test_a_signal_ends_the_program_though_nobody_reads_its_output(end: signal.Signals) -> None:
    process = subprocess.Popen([*COMMAND, "rules"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read(1)  # the rest fills the pipe
    process.send_signal(end)
    assert process.wait(PATIENCE) == 128 + end
    assert process.stderr is not None
    assert process.stderr.read() == b"smtp-probe: interrupted\n"


_TWICE = """
import os, signal, sys, time
from probe.cli import signals
signals.heed()
with signals.call_on_signal(lambda: None):
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)
    assert signals.is_end_wanted()
    signals._asked_at -= 2  # as if so many seconds ago
    for number in (signal.SIGTERM, signal.SIGHUP, signal.{last}):
        os.kill(os.getpid(), number)
sys.exit(5)
"""


@pytest.mark.parametrize(("last", "code"), [("SIGINT", 130), ("SIGTERM", 5)])
def test_only_a_later_ctrl_c_ends_a_run_that_was_asked_to_end(last: str, code: int) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _TWICE.replace("{last}", last)],
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == code
    assert run.stderr == (b"smtp-probe: interrupted\n" if code == 130 else b"")


def test_ctrl_c_in_one_check_is_meant_for_those_behind_it(
    silent_server: _SilentServer, tmp_path: Path
) -> None:
    bounce = tmp_path / "two.eml"
    failed = "<{0}@example.net>: host mx.example.net[192.0.2.1] said: 550 5.1.1 unknown\n\n"
    text = "".join(failed.format(local) for local in ("alice", "carol"))
    bounce.write_text(
        "From: MAILER-DAEMON@example.com\nTo: bob@example.com\nSubject: Undelivered Mail Returned to Sender\n"
        f"\nThis is the mail system at host mail.example.com.\n\n{text}"
    )
    process = subprocess.Popen(
        [*COMMAND, "bounce", str(bounce), "--check", *silent_server.arguments()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert silent_server.connected.wait(PATIENCE)
    process.send_signal(INT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (4, "")
    assert "alice@example.net" in out
    assert "carol@example.net" not in out


def test_outside_of_the_program_no_handler_is_changed() -> None:
    before = [signal.getsignal(number) for number in (INT, TERM, HUP)]
    with signals.call_on_signal(lambda: None):
        assert [signal.getsignal(number) for number in (INT, TERM, HUP)] == before
