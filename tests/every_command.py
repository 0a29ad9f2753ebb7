"""Every command of an installed smtp-probe, from outside: python tests/every_command.py COMMAND

Each `--help`, each demo against what its scenario expects, `explain`, `bounce` and `log` in every format.
Needs the standard library alone, so that any environment can run it. Prints what went otherwise, and ends
with 1 then.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_REPORTED = {0, 1, 3, 4, 5}
_COMMAND_LINE = re.compile(r"^  ([a-z]+) {2,}", re.MULTILINE)
_REFUSAL = "550 5.1.1 <alice@example.net>: Recipient address rejected: User unknown"


class Installed:
    """One installed command. `wrong` collects what went otherwise."""

    def __init__(self, command: str, folder: Path) -> None:
        self.wrong: list[str] = []
        self.runs = 0
        self._command, self._folder = command, folder

    def run(self, *arguments: str, codes: set[int], stdin: bytes = b"", says: bytes = b"") -> str:
        """What it printed. Another exit code, or anything on stderr but a line that begins with `says`, is
        noted."""
        self.runs += 1
        result = subprocess.run(
            [self._command, *arguments],
            input=stdin,
            capture_output=True,
            cwd=self._folder,  # not the checkout, whose package would be taken
            env={**os.environ, "COLUMNS": "100"},
            check=False,
        )
        lines = result.stderr.splitlines()
        is_told = len(lines) == 1 and lines[0].startswith(says) if says else not lines
        if result.returncode not in codes or not is_told or not result.stdout:
            text = (result.stderr or result.stdout).decode("utf-8", "replace")[-2000:]
            self.wrong.append(
                f"{' '.join(arguments)}: exit {result.returncode}, of {sorted(codes)}; it said\n{text}"
            )
        return result.stdout.decode("utf-8", "replace")


def help_texts(command: Installed) -> None:
    """The program's own, and that of each command that it names."""
    names = _COMMAND_LINE.findall(command.run("--help", codes={0}))
    if not {"check", "domain", "demo", "explain", "bounce", "log", "replay"} <= set(names):
        command.wrong.append(f"--help names {names}")
    for name in names:
        if "--help" not in command.run(name, "--help", codes={0}):
            command.wrong.append(f"{name} --help does not tell of --help")


def demos(command: Installed) -> None:
    """Each scenario, with a recording that replays to the same."""
    for path in sorted((ROOT / "probe" / "lab" / "scenarios").glob("*.toml")):
        if path.stem == "common":
            continue
        expected = tomllib.loads(path.read_text("utf-8"))["expected"]
        record = f"{path.stem}.jsonl"
        code = {expected["exit_code"]}
        result = command.run("demo", path.stem, "--record", record, "--format", "json", codes=code)
        again = command.run("replay", record, "--format", "json", codes=code)
        if not result or json.loads(result)["verdict"] != json.loads(again)["verdict"]:
            command.wrong.append(f"demo {path.stem}: the replay comes to another verdict")
        command.run("redact", record, codes={0}, says=b"Replaced ")


def offline(command: Installed) -> None:
    """What reads replies and bounces, and what explains itself."""
    for form in ("text", "json", "jsonl", "markdown"):
        command.run("explain", _REFUSAL, "--format", form, codes={1})
    command.run(
        "explain", "--input", "-", "--format", "jsonl", codes={1}, stdin=f"{_REFUSAL}\n250 ok\n".encode()
    )
    bounces = [str(path) for path in sorted((ROOT / "fixtures" / "bounces").glob("*.eml"))]
    for form in ("text", "json", "jsonl", "markdown"):
        command.run("bounce", *bounces, "--format", form, codes=_REPORTED)
    logs = [str(path) for path in sorted((ROOT / "fixtures" / "logs").glob("*.log"))]
    for form in ("text", "json", "jsonl", "markdown", "csv"):
        command.run("log", *logs, "--format", form, codes={0})
    for form in ("text", "json", "markdown"):
        command.run("doctor", "--offline", "--format", form, codes={0, 1})  # as the machine is
    for arguments in (
        ("checks",),
        ("rules",),
        ("schema", "report"),
        ("schema", "log"),
        ("schema", "doctor"),
        ("--version",),
        ("demo", "--list"),
    ):
        command.run(*arguments, codes={0})


def main(name: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        command = Installed(str(Path(name).resolve()), Path(folder))
        for part in (help_texts, demos, offline):
            part(command)
    for wrong in command.wrong:
        print(wrong)
    print(f"{command.runs} runs, {len(command.wrong)} otherwise than expected")
    return 1 if command.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
