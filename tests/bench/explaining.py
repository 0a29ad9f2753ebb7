"""How many replies a second `explain` reads, beside an earlier revision of this repository, in one run.

python -m tests.bench.explaining [REVISION]

Two files of 20 000 lines (`replies_made`), each read by `explain --input FILE --format jsonl` of both in
turn: one as a log repeats replies, one in which no two are equal. Of three runs the least CPU counts, the
start of the program included. Says whether both print the same octets. Without REVISION, it is the last one
before ranking was remembered. At the end: two processes (--jobs 2) beside one, by the clock; and what the
look for lines of a log costs a stream of replies.
"""

from __future__ import annotations

import filecmp
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from probe.cli.explain import _explain_each
from tests.bench import replies_made
from tests.bench.commands import cost_of, use_compiled_modules
from tests.bench.earlier import ROOT, tree_of
from tests.support.explained import explain_lines

REVISION = "fa4cefca"
LINES = 20_000
ROUNDS = 3
_EXPLAIN = (sys.executable, "-m", "probe", "explain", "--format", "jsonl", "--input")
_CODES = (0, 1, 2, 3, 4)

_LOOK_LINES = 4_000


def compare(name: str, file: Path, trees: dict[str, Path], folder: Path) -> None:
    """Print replies a second of both trees for one file, and their ratio."""
    least = dict.fromkeys(trees, float("inf"))
    memory = dict.fromkeys(trees, 0.0)
    for _ in range(ROUNDS):
        for tree, root in trees.items():
            run = cost_of(
                [*_EXPLAIN, str(file)],
                folder,
                output=folder / tree,
                environment={"PYTHONPATH": str(root)},
                codes=_CODES,
            )
            least[tree], memory[tree] = min(least[tree], run.cpu), max(memory[tree], run.memory)
    for tree in trees:
        print(f"{name:9} {tree:9} {LINES / least[tree]:7.0f} replies/s of CPU  {memory[tree]:3.0f} MiB")
    now, earlier = trees
    is_same = filecmp.cmp(folder / now, folder / earlier, shallow=False)
    print(
        f"{name:9} ratio {least[earlier] / least[now]:.2f}, output {'the same' if is_same else 'DIFFERENT'}"
    )


def side_by_side(name: str, file: Path, folder: Path) -> None:
    """Print the least time of one process and of two, in turn, what CPU they take together, and whether both
    write the same. By the clock, two can show what they do only where two processors are free."""
    least = {"1": float("inf"), "2": float("inf")}
    cpu = dict(least)
    for _ in range(ROUNDS):
        for jobs in least:
            command = [*_EXPLAIN, str(file), "--jobs", jobs]
            run = cost_of(
                command, folder, output=folder / jobs, environment={"PYTHONPATH": str(ROOT)}, codes=_CODES
            )
            least[jobs], cpu[jobs] = min(least[jobs], run.wall), min(cpu[jobs], run.cpu)
    is_same = filecmp.cmp(folder / "1", folder / "2", shallow=False)
    print(
        f"{name:9} --jobs 2: {least['1'] / least['2']:.2f} times as fast by the clock as one process "
        f"({LINES / least['2']:.0f} replies/s), {cpu['2'] / cpu['1']:.2f} times its CPU, "
        f"output {'the same' if is_same else 'DIFFERENT'}"
    )


def look(rounds: int = 5) -> tuple[float, float]:
    """Seconds for the lines without and with the look, each the least of several rounds taken in turn."""
    lines = list(replies_made.stream(_LOOK_LINES))
    without = with_look = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        explain_lines(lines)
        without = min(without, time.process_time() - begun)
        begun = time.process_time()
        list(_explain_each(lines, None, ""))
        with_look = min(with_look, time.process_time() - begun)
    return without, with_look


def main(revision: str = REVISION) -> int:
    """Print all of it."""
    use_compiled_modules()
    with TemporaryDirectory() as name, tree_of(revision) as earlier:
        folder = Path(name)
        for make in (replies_made.stream, replies_made.distinct):
            file = folder / f"{make.__name__}.txt"
            with file.open("w") as target:
                target.writelines(f"{line}\n" for line in make(LINES))
            compare(make.__name__, file, {"now": ROOT, revision[:9]: earlier}, folder)
            side_by_side(make.__name__, file, folder)
    without, with_look = look()
    print(f"the look for lines of a log: {with_look / without:.3f} of the time without it")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
