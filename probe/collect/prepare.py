"""Loads what a live run needs, ahead of it."""

from __future__ import annotations

import contextlib

from probe.collect import live  # noqa: F401
from probe.net import tls


def prepare() -> None:
    """Load it: for those who cannot have that done in the middle of a run."""
    tls.prepare()
    # without the library there is no second opinion, and the report says why
    with contextlib.suppress(ImportError, OSError):
        from probe.net import opinions

        opinions.load()
