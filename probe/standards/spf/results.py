"""What check_host of RFC 7208 concludes."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.address import IPAddress
from probe.model.near_miss import NearMiss
from probe.model.spf import SpfReason, SpfStepOutcome, SpfWhy


class SpfIdentity(StrEnum):
    """The identity that was judged (RFC 7208 sections 2.3 and 2.4)."""

    MAIL_FROM = "mailfrom"
    HELO = "helo"


class SpfVerdict(StrEnum):
    """RFC 7208 section 2.6."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class SpfStep:
    """One evaluated term: `domain` whose record holds it, `depth` of includes, `term` as written,
    `outcome` what came of it and `detail` why."""

    domain: str
    depth: int
    term: str
    outcome: SpfStepOutcome
    detail: SpfWhy | None = None


@dataclass(frozen=True, slots=True)
class SpfResult:
    """check_host(ip, domain, sender). `record` is the domain's own record (None: none or unknown),
    `matched` the term that decided, `lookups` and `void_lookups` what RFC 7208 section 4.6.4
    counts, `problem` why it is an error, `near`
    what stands there that is nearly a record, `explanation` the expanded exp= text (a stranger's)."""

    ip: IPAddress
    domain: str
    identity: SpfIdentity
    verdict: SpfVerdict
    record: str | None
    matched: str | None
    lookups: int
    void_lookups: int
    trace: tuple[SpfStep, ...]
    problem: SpfWhy | None = None
    near: NearMiss | None = None
    explanation: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def silence(self) -> SpfWhy | None:
        """The question that DNS did not answer, where a term went on without it (RFC 7208 section 5.5): who
        gets an answer may come to another result."""
        details = (step.detail for step in self.trace if step.outcome is SpfStepOutcome.NO_MATCH)
        return next((it for it in details if it is not None and it.tag is SpfReason.UNANSWERED), None)

    @property
    def why(self) -> SpfWhy | NearMiss | None:
        """Why there is no result, or none but an error."""
        return self.problem or self.near
