"""`smtp-probe log --follow`: what is appended comes, a rotation is survived, Ctrl-C ends it with a report."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE
from tests.unit.maillog.made import bounced, deferred, sent


@contextmanager
def following(path: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "probe", "log", str(path), "--follow", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _next(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout is not None
    result: dict[str, object] = json.loads(process.stdout.readline())
    return result


def _append(path: Path, text: str) -> None:
    with path.open("a") as out:
        out.write(f"{text}\n")


@pytest.mark.parametrize("how", ["rename", "truncate"])
def test_a_rotation_is_survived(how: str, tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text(f"{deferred('450 4.7.1 Greylisted', at='03:00:00')}\n")
    with following(path, "--format", "jsonl") as process:
        _append(path, bounced("550 5.1.1 user unknown", "BBBBBB1234", "x@b.example", "03:00:01"))
        assert _next(process)["cause"] == "user_unknown"
        if how == "rename":
            path.rename(tmp_path / "mail.log.1")
            path.write_text(f"{sent(at='03:05:00')}\n")
        else:
            os.truncate(path, 0)
            _append(path, sent(at="03:05:00"))
        result = _next(process)
        assert (result["status"], result["delivered_after_s"], result["attempts"]) == ("sent", 300, 2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0 and out == err == ""


def test_the_report_comes_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text(f"{bounced('550 5.1.1 user unknown')}\n")
    marker = tmp_path / "odd.log"
    with following(path, "--unparsed", str(marker)) as process:
        odd = "Nov 29 03:00:00 mail postfix/smtp[1]: ABCDEF1234: to=<x@b.example>, status=sent"
        _append(path, odd)
        while not marker.exists() or not marker.read_text():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0 and out.count("this mailbox does not exist") >= 1
