"""The closed words of a verdict: what happened, who must act, when to try again, and the exit code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Outcome(StrEnum):
    """What happened to the pair. Only `accepted` and `refused` speak about the recipient's side."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    INCONCLUSIVE = "inconclusive"


class FixBy(StrEnum):
    """Who must act. `either`: the sender or the recipient's postmaster; which of them is not settled."""

    SENDER = "sender"
    SENDER_NETWORK = "sender_network"
    RECIPIENT = "recipient"
    RECIPIENT_ADMIN = "recipient_admin"
    EITHER = "either"
    NOBODY = "nobody"


class Retry(StrEnum):
    """When another try makes sense. `never` deletes an address from a list, so it needs a ground in words,
    a status or a record."""

    NOW = "now"
    LATER = "later"
    AFTER_FIX = "after_fix"
    NEVER = "never"

    @property
    def is_without_fix(self) -> bool:
        """Whether time alone, or nothing at all, is needed."""
        return self in (Retry.NOW, Retry.LATER)


@dataclass(frozen=True, slots=True)
class Conduct:
    """Who must act and when to try again; `retry_after` is the usual wait in seconds, None where no time
    helps."""

    fix_by: FixBy
    retry: Retry
    retry_after: int | None


class ExitCode(IntEnum):
    """What a command of this program tells a script; faults of its own are 70, an interruption is 130."""

    ACCEPTED = 0
    REFUSED = 1
    USAGE = 2  # or a line of input that cannot be read
    DEFERRED = 3
    INCONCLUSIVE = 4
    AT_RISK = 5  # accepted, and a refusal after DATA is likely

    @classmethod
    def of(cls, outcome: Outcome) -> ExitCode:
        """The code of what was observed."""
        return cls[outcome.name]

    @classmethod
    def worst(cls, codes: Iterable[ExitCode]) -> ExitCode:
        """The code over several results: what cannot be read before 1 > 3 > 4 > 5 > 0; 0 for none."""
        return min(codes, key=_WORST_FIRST.index, default=cls.ACCEPTED)


_WORST_FIRST = (
    ExitCode.USAGE,
    ExitCode.REFUSED,
    ExitCode.DEFERRED,
    ExitCode.INCONCLUSIVE,
    ExitCode.AT_RISK,
    ExitCode.ACCEPTED,
)
