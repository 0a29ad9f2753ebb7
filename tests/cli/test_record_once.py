"""One recording, one run: however many are started at once with the same --record."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from probe.recording import events as ev
from probe.recording.file import load

RUNS = 6


@pytest.mark.parametrize("made_before", [False, True])
def test_of_many_runs_with_one_record_file_one_is_made(made_before: bool, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    if made_before:
        path.touch()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:  # a run waits there
        silent.bind(("127.0.0.1", 0))
        nameserver = f"127.0.0.1:{silent.getsockname()[1]}"
        command = [
            *(sys.executable, "-m", "probe", "check", "bob@example.com", "alice@example.net", "--no-dnsbl"),
            *("--nameserver", nameserver, "--timeout", "20", "--record", str(path)),
        ]
        runs = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(RUNS)
        ]
        ended = [(*run.communicate(), run.returncode) for run in runs]
    refused = [(stdout, stderr) for stdout, stderr, code in ended if code == 2]
    assert len(refused) == RUNS - 1
    for stdout, stderr in refused:
        assert stdout == ""
        assert stderr.count("\n") == 1
        assert str(path) in stderr
        assert "another run is writing this file" in stderr or "not empty" in stderr
    assert [code for *_, code in ended if code != 2] == [4]
    recording = load(path)
    assert len(recording.all(ev.Started)) == 1
    assert recording.all(ev.DnsAnswered)  # what it saw until its end, or until its deadline
