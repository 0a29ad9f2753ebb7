"""python -m tests.mutation [MODULE ...]: which faults in a module that judges does no test notice?

MODULE is a name of tests/mutation/modules.toml, whole or its last part (scoring); all where none is named.
Each fault is put into the module in memory, and the tests that bear on the module run against it. A fault
that no test notices has survived and is printed. Faults that change nothing are named in
tests/mutation/equivalent.toml with the reason. Exits 1 where more than a tenth of a module's other faults
survive, where equivalent.toml is wrong, or where the tests fail without any fault; 2 on wrong use.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections import Counter

from tests.mutation.operators import Mutant
from tests.mutation.run import Fate, UnfitTestsError, faults, run
from tests.mutation.table import ROOT, Judged, named

MOST = 0.10  # of a module's faults may survive


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("module", nargs="*", help="a module of tests/mutation/modules.toml; default: all")
    parser.add_argument(
        "--in", dest="place", default="", help="only faults in functions that contain this text"
    )
    parser.add_argument("--list", action="store_true", help="print the faults and run nothing")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="runs at once (%(default)s)")
    chosen = parser.parse_args(arguments)
    try:
        modules = named(chosen.module)
    except ValueError as error:
        parser.error(str(error))
    if chosen.jobs < 1:
        parser.error("--jobs: at least 1")
    for module in modules:
        if missing := module.missing():
            parser.error(f"tests/mutation/modules.toml names what is not there: {missing[0]}")
    if len(modules) == 1:
        return _one(modules[0], chosen)
    return max(_apart(module, chosen) for module in modules)


def _apart(module: Judged, chosen: argparse.Namespace) -> int:
    """One module in a process of its own: none may be loaded when its tests begin."""
    options = [f"--in={chosen.place}", f"--jobs={chosen.jobs}", *(["--list"] if chosen.list else [])]
    command = [sys.executable, "-m", "tests.mutation", module.name, *options]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _one(module: Judged, chosen: argparse.Namespace) -> int:
    result = [it for it in faults(module) if chosen.place in it.place]
    if not result:
        print(f"no fault in a place that contains {chosen.place}", file=sys.stderr)
        return 2
    if chosen.list:
        for mutant in result:
            print(_told(module, mutant))
        return 0
    began = time.monotonic()
    counts: Counter[Fate] = Counter()
    named_equivalent = 0
    wrong = _stale(module, result) if not chosen.place else []
    try:
        for mutant, fate in run(module, result, chosen.jobs):
            is_equivalent = mutant.key in module.equivalent
            if is_equivalent and fate is Fate.SURVIVED:
                named_equivalent += 1
                continue
            if is_equivalent:
                wrong.append(f"named as equivalent, but {fate}: {_told(module, mutant)}")
            counts[fate] += 1
            if fate is Fate.SURVIVED:
                print(_told(module, mutant), flush=True)
    except UnfitTestsError as error:
        print(error, flush=True)
        return 1
    return _closing(module, counts, named_equivalent, wrong, time.monotonic() - began)


def _stale(module: Judged, mutants: list[Mutant]) -> list[str]:
    keys = {mutant.key for mutant in mutants}
    return [
        f"equivalent.toml names a fault that is not made: {key}"
        for key in module.equivalent
        if key not in keys
    ]


def _told(module: Judged, mutant: Mutant) -> str:
    """Where a fault is and what it changes, so that it can be copied into equivalent.toml."""
    where = f"{module.path.relative_to(ROOT)}:{mutant.line}"
    return f"{where} in {mutant.place or 'the module'}\n    - {mutant.before}\n    + {mutant.after}"


def _closing(module: Judged, counts: Counter[Fate], equivalent: int, wrong: list[str], seconds: float) -> int:
    for line in wrong:
        print(line)
    items, survived = counts.total(), counts[Fate.SURVIVED]
    share = survived / items if items else 0.0
    parts = [f"{counts[fate]} {fate}" for fate in Fate]
    print(
        f"{module.name}: {items} faults: {', '.join(parts)} ({share:.1%}); "
        f"{equivalent} more that change nothing; {seconds:.0f} s",
        flush=True,
    )
    return 1 if wrong or share > MOST else 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main(sys.argv[1:]))
    sys.exit(130)
