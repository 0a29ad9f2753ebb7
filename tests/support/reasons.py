"""Reasons for tests: of other words, and their clauses."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from probe.model.dialable import AddressKind, NotPublic
from probe.model.observed import EndCause, Gap, HandshakeFault, SessionReason
from probe.model.reason import Reason
from probe.model.session import Stop
from probe.model.trust import Trust
from probe.wording.spoken import spoken as spoken

Vocabulary = TypeVar("Vocabulary", bound=StrEnum)

WHY = Reason(SessionReason.PLANNED)
TRUSTED = Reason(Trust.TRUSTED)
FORBIDDEN = NotPublic(AddressKind.PRIVATE)
NOT_PUBLIC = Reason(EndCause.NOT_PUBLIC, address=FORBIDDEN)


def other(vocabulary: type[Vocabulary], text: str) -> Reason[Vocabulary]:
    """A reason in words of an earlier version; None of them for no words."""
    return Reason(vocabulary("other_words"), text=text)


def ended(text: str) -> Reason[EndCause] | None:
    """What stands behind the end of a session; nothing for no words."""
    return other(EndCause, text) if text else None


def broken(text: str) -> Reason[HandshakeFault] | None:
    """Why TLS was not established, in the library's words; nothing for none."""
    return Reason(HandshakeFault.LIBRARY, text=text) if text else None


def stopped(stop: Stop) -> Reason[EndCause]:
    """A session that ended because the dialogue went no further."""
    return Reason(EndCause.STOP, stop=stop)


def missed(text: str) -> Reason[Gap]:
    """Why a part was not made."""
    return other(Gap, text)


__all__ = [
    "FORBIDDEN",
    "NOT_PUBLIC",
    "TRUSTED",
    "WHY",
    "broken",
    "ended",
    "missed",
    "other",
    "spoken",
    "stopped",
]
