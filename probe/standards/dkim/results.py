"""What a DKIM key record says (RFC 6376 section 3.6.1, RFC 8301, RFC 8463)."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.dkim_key import KeyProblem
from probe.model.near_miss import NearMiss
from probe.model.signing import KeyOrigin


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


def key_name(domain: str, selector: str) -> str:
    """Where the key of a selector is published (RFC 6376 section 3.6.2.1)."""
    return f"{selector.strip('.').lower()}._domainkey.{domain}"


@dataclass(frozen=True, slots=True)
class KeyResult:
    """One selector's key. `key_bits` None unless it could be read; `testing` is t=y; `near` what stands
    at its name that is nearly a key; `aliases` where the name's CNAME led (it names the signing vendor)."""

    selector: str
    domain: str
    origin: KeyOrigin
    status: KeyStatus
    key_type: str | None = None
    key_bits: int | None = None
    testing: bool = False
    problems: tuple[KeyProblem, ...] = ()
    near: NearMiss | None = None
    aliases: tuple[str, ...] = ()
    evidence: str = ""

    @property
    def name(self) -> str:
        """Where the key is published."""
        return key_name(self.domain, self.selector)

    @property
    def whys(self) -> tuple[KeyProblem | NearMiss, ...]:
        """All its faults: its problems, and the record found in its place."""
        return self.problems if self.near is None else (*self.problems, self.near)

    @property
    def is_named(self) -> bool:
        """Whether the selector is known to be used; others are guesses, whose absence proves nothing."""
        return self.origin.is_named
