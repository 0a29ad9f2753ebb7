"""The nine steps of "How to Handle Email Delivery Failure" (Alibaba Mail), by number, and the status of
each."""

from __future__ import annotations

from probe._enum import StrEnum


class StepStatus(StrEnum):
    """`manual`: only a person can do it; `not_assessed`: it could not be looked at, and counts as nothing."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    MANUAL = "manual"
    NOT_ASSESSED = "not_assessed"

    @property
    def is_amiss(self) -> bool:
        """Whether the step needs attention."""
        return self in (StepStatus.WARN, StepStatus.FAIL)


STEP_TITLES = {
    1: "read the reply",
    2: "DNS settings",
    3: "recipient address",
    4: "size",
    5: "content",
    6: "sender address",
    7: "sending limits",
    8: "contact the recipient",
    9: "retry",
}
