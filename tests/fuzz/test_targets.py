"""Every target on its seeds and on what a few seeded mutations make of them; without atheris."""

from __future__ import annotations

import random
import zlib

import pytest

from tests.fuzz.mutate import mutated
from tests.fuzz.targets import TARGETS

MUTATIONS = 60


@pytest.mark.parametrize("name", TARGETS)
def test_the_invariants_hold_on_every_seed(name: str) -> None:
    target = TARGETS[name]
    seeds = list(target.seeds())
    assert seeds
    for seed in [b"", *seeds]:
        target.check(seed)


@pytest.mark.parametrize("name", TARGETS)
def test_the_invariants_hold_on_mutated_seeds(name: str) -> None:
    target = TARGETS[name]
    chance = random.Random(zlib.crc32(name.encode()))
    seeds = [seed[: target.longest] for seed in target.seeds()]
    for _ in range(MUTATIONS):
        target.check(mutated(chance.choice(seeds), target.words, target.longest, chance))
