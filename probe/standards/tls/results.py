"""What TLS with an MX host showed."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.tls_policy import TlsaWhy
from probe.standards.dns.message import Tlsa


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


@dataclass(frozen=True, slots=True)
class TlsaSet:
    """TLSA records of a host from a secure answer, and the reference names of RFC 7672 section 3.2.2: the
    base domain where they stand, and the domain whose mail goes there."""

    records: tuple[Tlsa, ...] = ()
    names: tuple[str, ...] = ()


class DaneStatus(StrEnum):
    """`absent`: securely no TLSA. `insecure`: the answer about the host's address has no AD, so TLSA
    is not asked, or that about TLSA has none (RFC 7672 section 2.1.1). `unusable`: records exist, none can be
    used."""

    ABSENT = "absent"
    INSECURE = "insecure"
    MATCHED = "matched"
    MISMATCHED = "mismatched"
    UNUSABLE = "unusable"
    NOT_SEEN = "not_seen"  # TLSA published, but no certificate was seen to hold against it
    UNKNOWN = "unknown"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class DaneResult:
    """DANE for one MX host (RFC 7672); `base` is the TLSA base domain, where it is another name."""

    host: str
    status: DaneStatus
    records: tuple[str, ...] = ()
    problems: tuple[TlsaWhy, ...] = ()
    evidence: tuple[str, ...] = ()
    base: str = ""
