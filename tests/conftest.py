"""Properties are tried on the same examples each time, so that a run tells of the change that it tests.
PROBE_PROPERTIES=thorough (tests/check.py fuzz): ten times the examples, and other ones each time."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("thorough", max_examples=1000, deadline=None, derandomize=False)
settings.load_profile("thorough" if os.environ.get("PROBE_PROPERTIES") == "thorough" else "steady")
