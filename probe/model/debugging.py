"""Where faults of this program are reported, and how a developer sees them as they are.

It stands apart from `probe.model.fault`, whose vocabularies no command but a live check needs.
"""

from __future__ import annotations

import os

ISSUES = "https://github.com/smtp-probe/smtp-probe/issues"
DEBUG = "SMTP_PROBE_DEBUG"


def is_debugging() -> bool:
    """Whether faults are to be seen as they are."""
    return os.environ.get(DEBUG) == "1"
