"""The configuration files of tests/lab/config, with the few values that only a run knows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "config"


def write(names: str, into: Path, values: Mapping[str, str]) -> None:
    """Copy every file that matches `names` (a glob below config/) to `into`, with @NAME@ filled in."""
    into.mkdir(parents=True, exist_ok=True)
    for source in sorted(SOURCE.glob(names)):
        text = source.read_text(encoding="utf-8")
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        (into / source.name).write_text(text, encoding="utf-8")


def wait_line(log: Path) -> str:
    """The last lines of a log, for the message of a failure."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else "(no log)"
