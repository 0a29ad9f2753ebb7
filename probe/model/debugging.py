"""Where faults of this program are reported, and the switch that shows them as exceptions.

A module of its own, because `probe.model.fault` loads vocabularies that only a live check needs.
"""

from __future__ import annotations

import os

ISSUES = "https://github.com/smtp-probe/smtp-probe/issues"
DEBUG = "SMTP_PROBE_DEBUG"


def is_debugging() -> bool:
    """Whether faults are raised as exceptions."""
    return os.environ.get(DEBUG) == "1"
