"""MTA-STS (RFC 8461) and SMTP TLS Reporting (RFC 8460) as found."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.observed import FetchFault
from probe.model.reason import Reason
from probe.model.tls_policy import StsWhy, TlsRptWhy
from probe.standards.dns.message import Answer


class StsStatus(StrEnum):
    """`absent`: no record. `unusable`: published, but a sender must ignore it (RFC 8461 section 3.1,
    3.3). `unknown`: DNS or HTTPS did not answer, or it was not asked."""

    VALID = "valid"
    ABSENT = "absent"
    UNUSABLE = "unusable"
    UNKNOWN = "unknown"


class StsMode(StrEnum):
    """What a sender does where no MX host passes (RFC 8461 section 5)."""

    ENFORCE = "enforce"  # it does not deliver
    TESTING = "testing"  # it delivers, and reports
    NONE = "none"  # as if there were no policy


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """RFC 8461 section 3.2; `max_age` in seconds."""

    mode: StsMode
    mx_patterns: tuple[str, ...]
    max_age: int
    problems: tuple[StsWhy, ...] = ()


@dataclass(frozen=True, slots=True)
class StsResult:
    """`policy_id` is the record's id=; `problems` are those of the record and of the response, `fetch` why
    the policy did not come; `uncovered` the MX hosts that no pattern of the policy matches (RFC 8461 section
    4.1); `host_answers` what DNS said of the policy host, where it did not come for that."""

    domain: str
    status: StsStatus
    policy_id: str | None = None
    policy: StsPolicy | None = None
    uncovered: tuple[str, ...] = ()
    problems: tuple[StsWhy, ...] = ()
    evidence: tuple[str, ...] = ()
    fetch: Reason[FetchFault] | None = None
    host_answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class TlsRptResult:
    """The _smtp._tls record of RFC 8460."""

    domain: str
    status: StsStatus
    rua: tuple[str, ...] = ()
    problems: tuple[TlsRptWhy, ...] = ()
    evidence: tuple[str, ...] = ()
