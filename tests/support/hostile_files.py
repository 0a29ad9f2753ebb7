"""Writes out the files of fixtures/hostile, and runs a command with its memory measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.patience import PATIENCE

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
BASE = FIXTURES / "recordings/lab-unknown-user/recording.jsonl"
_BLOCK = 1 << 20

# A child of a large process starts with the memory of its parent on its account, so another one starts it.
_LAUNCHER = """
import os, resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
sys.stderr.write(f"\\n{os.waitstatus_to_exitcode(status)} {usage.ru_maxrss}")
"""


@dataclass(frozen=True)
class Measured:
    """What a command did. `memory` is its largest resident size in MiB."""

    code: int
    stdout: bytes
    stderr: str
    memory: float


def table(name: str, key: str) -> list[dict[str, Any]]:
    """The rows of one table of fixtures/hostile."""
    rows: list[dict[str, Any]] = tomllib.loads((FIXTURES / "hostile" / name).read_text("utf-8"))[key]
    return rows


def write(row: dict[str, Any], path: Path) -> Path:
    """Write the file that a row describes."""
    with path.open("wb") as stream:
        for piece in row["pieces"]:
            if "hole" in piece:
                stream.truncate(stream.tell() + piece["hole"])
                stream.seek(0, os.SEEK_END)
                continue
            octets = piece["text"].encode("latin-1") if "text" in piece else piece["utf8"].encode()
            times = piece.get("times", 1)
            if b"{n}" in octets:
                stream.writelines(octets.replace(b"{n}", b"%d" % number) for number in range(times))
                continue
            at_once = max(1, min(times, _BLOCK // len(octets)))
            for start in range(0, times, at_once):
                stream.write(octets * min(at_once, times - start))
    return path


def write_recording(row: dict[str, Any], path: Path) -> Path:
    """Write the recording that a row describes: a change to the base."""
    lines = BASE.read_text("ascii").splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    if (change := row.get("set")) is not None:
        at = kinds.index(change["kind"])
        document = json.loads(lines[at])
        place = document
        for key in change["path"][:-1]:
            place = place[key]
        place[change["path"][-1]] = change["value"]
        lines[at] = json.dumps(document)
    lines = [line for line, kind in zip(lines, kinds, strict=True) if kind not in row.get("drop", ())]
    if (again := row.get("repeat")) is not None:
        at = kinds.index(again["kind"])
        lines[at:at] = [lines[at]] * again["times"]
    if row.get("order") == "reversed":
        lines = [lines[0], *reversed(lines[1:])]
    lines += [row["line"]] * (2 if row.get("twice") else 1) if "line" in row else []
    text = "\n".join(lines) + "\n"
    path.write_text(text[: row.get("cut", len(text))], "ascii")
    return path


def measured(*arguments: str) -> Measured:
    """Run `python -m probe` with `arguments`; a minute of processor time is more than any hostile file may
    take, and would end it with another code than one of its own."""
    environment = {**os.environ, "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run(
        [sys.executable, "-c", _LAUNCHER, sys.executable, "-m", "probe", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment,
        timeout=PATIENCE,
        check=False,
    )
    stderr, _, last = run.stderr.decode("utf-8").rpartition("\n")
    code, memory = last.split()
    return Measured(int(code), run.stdout, stderr, int(memory) / 1024)
