"""Loads the modules of a live run before the run."""

from __future__ import annotations

import contextlib

from probe.collect import live  # noqa: F401
from probe.net import tls


def prepare() -> None:
    """Load it, for callers that cannot wait for it during a run."""
    tls.prepare()
    # without the library there is no second opinion, and the report says why
    with contextlib.suppress(ImportError, OSError):
        from probe.net import checkdmarc_records

        checkdmarc_records.load()
