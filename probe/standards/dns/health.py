"""Whether the name servers work at all, tested with a name that every one of them knows.

A name without an answer may have dead name servers of its own; the root does not. Any answer for the root
shows that a resolver works; no answer shows that this machine's resolver is at fault.
"""

from __future__ import annotations

from collections.abc import Iterable

from probe._enum import StrEnum
from probe.standards.dns.message import Answer, Question, RecordType, Status

CONTROL = Question("", RecordType.NS)
UNHEARD = (Status.TIMEOUT, Status.UNREACHABLE)
_USABLE = (Status.ANSWER, Status.NODATA, Status.NXDOMAIN)


class Health(StrEnum):
    """The state of the name servers of a run."""

    WORKING = "working"  # or nothing speaks against it
    SILENT = "silent"  # none answers
    REFUSING = "refusing"  # whatever is asked
    FAILING = "failing"  # whatever is asked: they cannot resolve
    DENYING = "denying"  # names that exist (`probe.standards.dns.false_denial`)


def is_failure(status: Status) -> bool:
    """Whether such a result does not show that a resolver works."""
    return status in (*UNHEARD, Status.REFUSED, Status.SERVFAIL, Status.MALFORMED)


def is_use(status: Status) -> bool:
    """Whether such an answer shows that a resolver works."""
    return status in _USABLE


def health(answers: Iterable[Answer]) -> Health:
    """Judge by all answers of a run. Without one about the root nothing is concluded."""
    statuses = {answer.question: answer.status for answer in answers}
    control = statuses.get(CONTROL)
    failed = [status for status in statuses.values() if is_failure(status)]
    if control is None or not is_failure(control) or any(map(is_use, statuses.values())):
        return Health.WORKING
    if all(status in UNHEARD for status in failed):
        return Health.SILENT
    if all(status is Status.REFUSED or status in UNHEARD for status in failed):
        return Health.REFUSING
    return Health.FAILING
