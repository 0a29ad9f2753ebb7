"""One lab a test session; where it cannot stand, the tests say what is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.lab import packages
from tests.lab.behind import Behind
from tests.lab.world import World

REQUIRED = os.environ.get("PROBE_LAB") == "required"


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    wants = packages.missing()
    if wants:
        say = pytest.fail if REQUIRED else pytest.skip
        say("the real-server lab cannot run here: " + "; ".join(wants))
    lab = World()
    try:
        lab.start()
        yield lab
    finally:
        lab.stop()


@pytest.fixture(scope="session")
def behind(world: World) -> Iterator[Behind]:
    result = Behind(world.space)
    try:
        result.create()
        yield result
    finally:
        result.remove()
