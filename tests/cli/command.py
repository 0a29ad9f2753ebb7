"""Runs the command line as a user does: a process, its two streams and its exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from tests.support.patience import PATIENCE


@dataclass(frozen=True)
class Outcome:
    code: int
    stdout: str
    stderr: str


def smtp_probe(*arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Outcome:
    """One run of `python -m probe` with `arguments`, in a plain environment, in which no fault of the program
    is spared (tests/conftest.py)."""
    environment = {**os.environ, "COLUMNS": "100", "PYTHONIOENCODING": "utf-8", **(env or {})}
    run = subprocess.run(
        [sys.executable, "-m", "probe", *arguments],
        input=stdin,
        capture_output=True,
        env=environment,
        timeout=PATIENCE,
        check=False,
    )
    return Outcome(run.returncode, run.stdout.decode("utf-8"), run.stderr.decode("utf-8"))
