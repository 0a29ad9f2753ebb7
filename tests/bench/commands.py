"""What a command costs: its time on the clock, its CPU and its memory, as the system counts them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run: seconds on the clock, seconds of CPU, MiB at most (but at least those of the process that
    began it, as Linux counts)."""

    wall: float
    cpu: float
    memory: float


def cost_of(
    command: Sequence[str],
    directory: Path,
    *,
    output: Path | None = None,
    environment: Mapping[str, str] | None = None,
    codes: Sequence[int] = (0, 5),
) -> Cost:
    """Run a command once; what it prints goes to the file `output`, if given. Raises SystemExit for an exit
    code that is none of `codes`."""
    with open(output or os.devnull, "wb") as sink:  # noqa: PTH123  os.devnull is no Path
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment} if environment is not None else None,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    code = os.waitstatus_to_exitcode(status)
    assert process.stderr is not None
    with process.stderr as stream:
        if code not in codes:
            sys.exit(f"{command[-8:]} ended with {code}: {stream.read().decode()}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def use_compiled_modules() -> None:
    """Users have the modules compiled; without this, where the shell forbids it, each run compiles them."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
