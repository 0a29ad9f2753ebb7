"""Fuzz every target, one a processor at a time: python -m tests.fuzz.all [--seconds N] [--found DIR]

Prints a row for each: executions, seconds, and what was found. Ends with 1 when anything was.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
_RUNS = re.compile(r"number_of_executed_units:\s*(\d+)")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--found", type=Path, default=Path(".check/fuzz"))
    arguments = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print("fuzz: atheris has no wheel for this Python here; the targets ran on their seeds only")
        return 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        results = [pool.submit(_one, name, arguments.seconds, arguments.found) for name in TARGETS]
        return 0 if all(result.result() for result in results) else 1


def _one(name: str, seconds: int, path: Path) -> bool:
    begun = time.monotonic()
    command = [sys.executable, "-m", "tests.fuzz.run", name, "--seconds", str(seconds), "--found", str(path)]
    run = subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    runs = _RUNS.search(run.stderr)
    executions = int(runs[1]) if runs else 0
    ok = run.returncode == 0 and executions > 0
    verdict = "ok" if ok else f"FAILED ({run.returncode}), the unit is in {path}"
    print(f"{name:18}{executions:>10} executions{time.monotonic() - begun:>7.0f} s  {verdict}", flush=True)
    if not ok:
        print(run.stdout[-4000:] + run.stderr[-2000:], flush=True)
    return ok


if __name__ == "__main__":
    sys.exit(main())
