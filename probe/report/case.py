"""A result as the cases of a test run, for CI systems."""

from __future__ import annotations

from enum import Enum

from probe._named_tuple import NamedTuple


class CaseStatus(Enum):
    """`failed`: the subject is at fault. `broken`: nothing could be found out, by no fault of the subject.
    `skipped`: not assessed."""

    PASSED = "passed"
    FAILED = "failed"
    BROKEN = "broken"
    SKIPPED = "skipped"


class Case(NamedTuple):
    """One case in a group of cases. `message` says in a sentence why it has its status (empty: nothing to
    say), `details` are further lines, `is_warning` tells what is no failure and should be mended. Text from
    outside is not escaped."""

    group: str
    name: str
    status: CaseStatus
    message: str = ""
    details: tuple[str, ...] = ()
    is_warning: bool = False


class Cases(NamedTuple):
    """All cases of one run; `seconds` it took, `started_at` in RFC 3339."""

    name: str
    cases: tuple[Case, ...]
    started_at: str = ""
    seconds: float = 0.0
    properties: tuple[tuple[str, str], ...] = ()
