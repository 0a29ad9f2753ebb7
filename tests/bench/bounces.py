"""How many bounces a second `bounce` reads, beside an earlier revision and Debian's sisimai, in one run.

python -m tests.bench.bounces [REVISION]

1 870 messages (`bounces_made`) are read by one process each, as JSON lines, in turn; of three runs the least
CPU counts, the start of the program included. Sisimai is the Perl library of Debian (libsisimai-perl with
libclass-accessor-lite-perl and libjson-perl); where it is not installed, PERL5LIB may name a folder that has
it. Says whether this revision and the earlier one print the same octets. Without REVISION it is the last one
before ranking was remembered.
"""

from __future__ import annotations

import filecmp
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import bounces_made
from tests.bench.commands import cost_of, use_compiled_modules
from tests.bench.earlier import ROOT, tree_of

REVISION = "fa4cefca"
MESSAGES = 1_870
ROUNDS = 3
_BOUNCE = (sys.executable, "-m", "probe", "bounce", "--format", "jsonl")
_CODES = (0, 1, 3, 4)
_SISIMAI = (
    "for my $file (@ARGV) { my $all = Sisimai->make($file); print $_->dump('json'), \"\\n\" for @$all }"
)
_READ_BY_SISIMAI = 'for my $file (@ARGV) { print "$file\\n" if @{Sisimai->make($file) || []} }'


@dataclass(frozen=True, slots=True)
class Reader:
    """A command that reads messages, the paths of which are added to it."""

    command: tuple[str, ...]
    environment: Mapping[str, str]


def _readers(revision: str, earlier: Path) -> dict[str, Reader]:
    readers = {
        "now": Reader(_BOUNCE, {"PYTHONPATH": str(ROOT)}),
        revision[:9]: Reader(_BOUNCE, {"PYTHONPATH": str(earlier)}),
    }
    try:
        check = subprocess.run(["perl", "-MSisimai", "-e1"], capture_output=True, check=False)
    except FileNotFoundError:
        check = None
    if check is not None and not check.returncode:
        readers["sisimai"] = Reader(("perl", "-MSisimai", "-e", _SISIMAI), {})
    else:
        print("sisimai is not there (libsisimai-perl of Debian): left out")
    return readers


def main(revision: str = REVISION) -> int:
    """Print messages a second and the ratios."""
    use_compiled_modules()
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    with TemporaryDirectory() as name, tree_of(revision) as earlier:
        folder = Path(name)
        files = [path.name for path in bounces_made.write(folder, MESSAGES)]
        readers = _readers(revision, earlier)
        _compare(readers, folder, files)
        is_same = filecmp.cmp(folder / "now", folder / revision[:9], shallow=False)
        print(f"output of now and {revision[:9]}: {'the same' if is_same else 'DIFFERENT'}")
        if "sisimai" in readers:
            command = ["perl", "-MSisimai", "-e", _READ_BY_SISIMAI, *files]
            run = subprocess.run(command, cwd=folder, capture_output=True, check=True, text=True)
            print("those that sisimai reads:")
            _compare({name: readers[name] for name in ("now", "sisimai")}, folder, run.stdout.split())
    return 0


def _compare(readers: Mapping[str, Reader], folder: Path, files: Sequence[str]) -> None:
    """Print how many of these messages each reads a second; what it says of them goes into a file of its
    name."""
    least = dict.fromkeys(readers, float("inf"))
    for _ in range(ROUNDS):
        for reader, it in readers.items():
            run = cost_of(
                [*it.command, *files],
                folder,
                output=folder / reader,
                environment=it.environment,
                codes=_CODES,
            )
            least[reader] = min(least[reader], run.cpu)
    for reader, cpu in least.items():
        print(
            f"{reader:9} {len(files)} messages, {len(files) / cpu:6.0f} a second of CPU,"
            f" {cpu / least['now']:.2f} x the time"
        )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
