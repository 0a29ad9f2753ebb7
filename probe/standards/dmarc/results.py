"""One DMARC record (RFC 9989, with RFC 7489 beside it)."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.model.dmarc_record import DmarcWhy, RecordProblem
from probe.model.near_miss import NearMiss


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """A parsed record: `tags` as published, defaults not filled in; `policy` is p, `subdomain_policy`
    sp, `nonexistent_policy` np, `adkim`/`aspf` "r" or "s"; `problems` what is wrong with it."""

    domain: str
    text: str
    policy: str
    subdomain_policy: str | None
    nonexistent_policy: str | None
    adkim: str
    aspf: str
    testing: bool
    psd: str
    tags: tuple[tuple[str, str], ...]
    problems: tuple[RecordProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class DmarcResult:
    """The answer for one author domain. `record` None with `unknown` False: no DMARC record;
    `applied_policy` is what a receiver would apply to this author domain; `organizational_domain`
    by the tree walk; `rfc7489_*` the public-suffix answer, for comparison; `invalid_records` why
    what was found cannot be used (several records, bad p=); `unanswered` what DNS did not answer;
    `near` what stands where a record belongs, and is nearly one."""

    author_domain: str
    record: DmarcRecord | None
    applied_policy: str | None
    organizational_domain: str
    rfc7489_record_domain: str | None
    rfc7489_organizational_domain: str | None
    unknown: bool = False
    invalid_records: tuple[DmarcWhy, ...] = ()
    near: NearMiss | None = None
    unanswered: tuple[DmarcWhy, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alignment:
    """Whether identifiers can align with the author domain: `spf` for the MAIL FROM (or HELO)
    domain, `dkim` for the domain of the keys; None when it cannot be known."""

    spf: bool | None
    dkim: bool | None
