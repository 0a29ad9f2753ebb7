"""What `smtp-probe log` costs beside pflogsumm and eximstats: `python -m tests.bench.log [LINES] [--memory
LINES]`.

The same log, one after the other, several times; the least CPU time of each counts, and their ratio is
printed. pflogsumm and eximstats are Debian's (pflogsumm, exim4-base), or what PFLOGSUMM and EXIMSTATS name;
one that is not there is passed over. `--memory` pipes so many lines through the command and prints the most
that it held.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.bench import logs_made

_ROUNDS = 3
_COMMAND = (sys.executable, "-m", "probe", "log")
_KINDS: tuple[tuple[str, Callable[[int], Iterator[bytes]], str], ...] = (
    ("Postfix", logs_made.postfix, "pflogsumm"),
    ("Exim", logs_made.exim, "eximstats"),
)


def cpu_seconds(command: Sequence[str]) -> float:
    """User and system time of one run, of a program whose modules are compiled, as an installed one's are."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(lines: int) -> None:
    """Print both times and their ratio, for each kind of log."""
    for name, make, other in _KINDS:
        program = os.environ.get(other.upper()) or shutil.which(other)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mail.log"
            with path.open("wb") as out:
                out.writelines(make(lines))
            size = path.stat().st_size / 1e6
            cpu_seconds((*_COMMAND, str(path)))  # which compiles what is not compiled yet
            runs = [
                (cpu_seconds((*_COMMAND, str(path))), cpu_seconds((program, str(path))) if program else 0.0)
                for _ in range(_ROUNDS)
            ]
        ours, theirs = (min(column) for column in zip(*runs, strict=True))
        text = f"{other} {theirs:.2f} s, {theirs / ours:.2f} x as long" if program else f"no {other} here"
        print(f"{name:8} {lines} lines, {size:.0f} MB: smtp-probe log {ours:.2f} s, {text}")


def memory(lines: int) -> None:
    """Print the most memory that reading so many lines of Postfix took."""
    with subprocess.Popen((*_COMMAND, "-"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as reading:
        assert reading.stdin is not None
        for part in _joined(logs_made.postfix(lines)):
            reading.stdin.write(part)
        reading.stdin.close()
        _, status, used = os.wait4(reading.pid, 0)
        reading.returncode = os.waitstatus_to_exitcode(status)
    print(
        f"{lines} lines: {used.ru_maxrss / 1024:.0f} MB, {used.ru_utime + used.ru_stime:.1f} s, exit {status}"
    )


def _joined(rows: Iterator[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    for row in rows:
        held.append(row)
        if len(held) == 10_000:
            yield b"".join(held)
            held.clear()
    yield b"".join(held)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", nargs="?", type=int, default=300_000)
    parser.add_argument("--memory", type=int, metavar="LINES")
    arguments = parser.parse_args()
    if arguments.memory:
        memory(arguments.memory)
    else:
        compare(arguments.lines)


if __name__ == "__main__":
    main()
