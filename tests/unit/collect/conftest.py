"""What a search meets: sessions that come to what the test says."""

from __future__ import annotations

import pytest

from probe.collect import attempts
from probe.collect.session import SessionOutcome
from tests.support.visits import Make, World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes the world of one test by what each session comes to, in order (the last one over and over)."""

    def made(*become: SessionOutcome, takes_s: float = 2.0) -> World:
        world = World(become, takes_s)
        monkeypatch.setattr(attempts, "run_session", world.run_session)
        monkeypatch.setattr(attempts, "pause", world.pause)
        return world

    return made
