"""Fuzz one target with atheris: python -m tests.fuzz.run TARGET [--seconds N] [--corpus DIR] [--found DIR]

Needs the extra `fuzz` (a wheel for this Python and system). A unit that breaks an invariant, or that takes
more than a second of processor time, is written to DIR of --found, and the run ends with a code other
than 0. The last line says how many executions there were. Without a target: the names of all.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SLOW = 1.0  # seconds of processor time for one unit, instrumented; honest input takes milliseconds
STUCK = 20  # seconds after which libFuzzer gives a unit up
MEMORY = 1024  # MB


class SlowError(AssertionError):
    """A unit that took too long for its size."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", nargs="?")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="kept between runs; else a temporary one")
    parser.add_argument("--found", type=Path, default=Path(".check/fuzz"))
    arguments = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print("fuzz: atheris is not installed here; pip install 'smtp-probe[fuzz]' where it has a wheel")
        return 0
    return _fuzz(arguments)


def _fuzz(arguments: argparse.Namespace) -> int:
    import atheris

    with atheris.instrument_imports(include=["probe"]):
        from tests.fuzz.targets import TARGETS

        if arguments.target not in TARGETS:
            print("\n".join(TARGETS))
            return 2 if arguments.target else 0
        target = TARGETS[arguments.target]
        # what is imported only when it is needed must be instrumented, too
        for seed in target.seeds():
            target.check(seed[: target.longest])
    from tests.fuzz.mutate import mutated

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.randrange(3):
            return bytes(atheris.Mutate(data, longest))
        return mutated(data, target.words, longest, chance)

    with tempfile.TemporaryDirectory() as scratch:
        corpus = arguments.corpus or Path(scratch)
        corpus.mkdir(parents=True, exist_ok=True)
        arguments.found.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(target.seeds()):
            (corpus / f"seed-{number}").write_bytes(seed[: target.longest])
        flags = [
            f"-max_total_time={arguments.seconds}",
            f"-max_len={target.longest}",
            f"-timeout={STUCK}",
            f"-rss_limit_mb={MEMORY}",
            f"-artifact_prefix={arguments.found / target.name}-",
            "-len_control=50",
            "-print_final_stats=1",
            "-verbosity=1",
            str(corpus),
        ]
        atheris.Setup(["fuzz", *flags], _timed(target.check), custom_mutator=mutate)
        atheris.Fuzz()
    return 0


def _timed(check: Callable[[bytes], None]) -> Callable[[bytes], None]:
    def checked(data: bytes) -> None:
        begun = time.thread_time()
        check(data)
        if (spent := time.thread_time() - begun) > SLOW:
            # once more: what is made once (rules, tables) is made now
            begun = time.thread_time()
            check(data)
            spent = time.thread_time() - begun
            if spent > SLOW:
                raise SlowError(f"{spent:.1f} s of processor time for {len(data)} octets")

    return checked


if __name__ == "__main__":
    sys.exit(main())
