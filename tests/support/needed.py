"""Programs that a test is held against, and that not every machine has."""

from __future__ import annotations

import os
import shutil

import pytest


def needed(program: str) -> str:
    """The path of a program; the test is skipped where there is none, and fails in CI, which installs it
    (tests/lab/packages.py)."""
    path = shutil.which(program)
    if path is None:
        say = pytest.fail if os.environ.get("PROBE_LAB") == "required" else pytest.skip
        say(f"no {program} on this machine: apt-get install {program}")
    return path
