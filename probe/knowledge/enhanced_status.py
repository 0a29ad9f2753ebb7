"""What the IANA registry says of an enhanced status code."""

from __future__ import annotations

from dataclasses import dataclass

from probe.knowledge import store
from probe.model.reply import EnhancedStatus


@dataclass(frozen=True, slots=True)
class RegisteredStatus:
    """One entry of the registry. `codes` are the reply codes it goes with; empty: any, or none is given."""

    text: str
    codes: tuple[int, ...]
    reference: str


def registered(status: EnhancedStatus) -> RegisteredStatus | None:
    """Look up subject and detail, for any class; None for a status that is not registered (RFC 5248)."""
    row = store.compiled()["enhanced_status"]["status"].get(f"{status.subject}.{status.detail}")
    return RegisteredStatus(row["text"], tuple(row["codes"]), row["reference"]) if row else None
