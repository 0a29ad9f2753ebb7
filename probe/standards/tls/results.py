"""What TLS with an MX host showed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Certificate:
    """The leaf, read from DER. Times are RFC 3339 UTC; `names` the DNS subjectAltNames (the common
    name when there are none)."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: str
    not_after: str
    key: str  # "RSA 2048", "EC 256"
    sha256: str


class DaneStatus(StrEnum):
    """`absent`: securely no TLSA. `insecure`: the address answer has no AD, so TLSA is not asked
    (RFC 7672 section 2.1.1). `unusable`: records exist, none can be used."""

    ABSENT = "absent"
    INSECURE = "insecure"
    MATCHED = "matched"
    MISMATCHED = "mismatched"
    UNUSABLE = "unusable"
    NOT_SEEN = "not_seen"  # TLSA published, but no certificate was seen to hold against it
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DaneResult:
    """DANE for one MX host (RFC 7672)."""

    host: str
    status: DaneStatus
    records: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
