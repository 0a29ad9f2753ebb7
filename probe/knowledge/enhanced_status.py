"""What the IANA registry says about an enhanced status code."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from probe._dataclass import dataclass
from probe.knowledge import toml_import
from probe.model.reply import EnhancedStatus


@dataclass(frozen=True, slots=True)
class RegisteredStatus:
    """One entry of the registry. `codes` are the reply codes it goes with; empty: any, or none is given."""

    text: str
    codes: tuple[int, ...]
    reference: str


def look_up(status: EnhancedStatus) -> RegisteredStatus | None:
    """Look up subject and detail, for any class; None for a status that is not registered (RFC 5248)."""
    row = status_table()["status"].get(f"{status.subject}.{status.detail}")
    return RegisteredStatus(row["text"], tuple(row["codes"]), row["reference"]) if row else None


@cache
def status_table() -> Mapping[str, Any]:
    """The registry as in the file."""
    return toml_import.load(Path(__file__).with_name("enhanced_status.toml"))
