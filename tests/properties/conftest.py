"""PROBE_PROPERTIES=thorough (tests/check.py fuzz): ten times the examples, and other ones each time."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("thorough", max_examples=1000, deadline=None, derandomize=False)
if os.environ.get("PROBE_PROPERTIES") == "thorough":
    settings.load_profile("thorough")
