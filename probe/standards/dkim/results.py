"""What a DKIM key record says (RFC 6376 section 3.6.1, RFC 8301, RFC 8463)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class KeyStatus(StrEnum):
    """`missing` only when DNS denied the name or holds no key there: for a guessed selector it proves
    nothing. `unusable`: well formed, but no verifier may or can accept its signatures (RSA below
    1024 bits, an unknown key type, h= without sha256, s= without email)."""

    VALID = "valid"
    UNUSABLE = "unusable"
    REVOKED = "revoked"
    MALFORMED = "malformed"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class KeyResult:
    """One selector's key. `origin` is "given" (--selector), "message" (the s= of the message),
    "provider" (the sender's provider is known to use it) or "common"; `key_bits` None unless it
    could be read; `testing` is t=y; `problems` are clauses for a reader; `aliases` where the
    name's CNAME led (it names the signing vendor)."""

    selector: str
    domain: str
    origin: str
    status: KeyStatus
    key_type: str | None = None
    key_bits: int | None = None
    testing: bool = False
    problems: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    evidence: str = ""
