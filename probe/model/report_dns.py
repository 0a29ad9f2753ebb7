"""The part of the report on what DNS said: records, keys, policies, blocklists. Field names and order are
those of the published JSON."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.model.answer_fault import AnswerFault
from probe.model.dkim_key import KeyReason
from probe.model.dmarc_record import DmarcReason
from probe.model.listing import ListingReason, ListingStatus
from probe.model.mx_fault import MxFault
from probe.model.near_miss import NearMissReason
from probe.model.observed import (
    FetchFault,
    HeloReason,
)
from probe.model.spf import SpfReason, SpfStepOutcome
from probe.model.tag_list import TagListReason
from probe.model.tls_policy import StsProblem, TlsaProblem, TlsRptProblem


@dataclass(frozen=True, slots=True)
class ReportMx:
    preference: int
    host: str
    addresses: tuple[str, ...]
    problems: tuple[str, ...]
    problem_tags: tuple[MxFault, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportSpfStep:
    domain: str
    depth: int
    term: str
    outcome: SpfStepOutcome
    detail: str
    detail_tag: SpfReason | None = None


@dataclass(frozen=True, slots=True)
class ReportSpf:
    record: str | None
    result: str
    matched: str | None
    lookups: int
    void_lookups: int
    domain: str
    ip: str
    problem: str
    explanation: str
    trace: tuple[ReportSpfStep, ...]
    problem_tag: SpfReason | NearMissReason | None = None


@dataclass(frozen=True, slots=True)
class ReportDkim:
    selector: str
    status: str
    key_type: str | None
    key_bits: int | None
    origin: str
    testing: bool
    problems: tuple[str, ...]
    problem_tags: tuple[KeyReason | TagListReason | NearMissReason, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportDmarc:
    record: str | None
    policy: str | None
    domain: str | None
    author_domain: str
    organizational_domain: str
    rfc7489_organizational_domain: str | None
    spf_can_align: bool | None
    dkim_can_align: bool | None
    unknown: bool
    problems: tuple[str, ...]
    problem_tags: tuple[DmarcReason | TagListReason, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportPtr:
    name: str | None
    confirmed: bool | None
    status: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportHelo:
    name: str
    reason: str
    is_fqdn: bool
    resolves: bool | None
    matches_source: bool | None
    equals_ptr: bool | None
    reason_tag: HeloReason | None = None


@dataclass(frozen=True, slots=True)
class ReportMtaSts:
    status: str
    policy_id: str | None
    mode: str | None
    max_age: int | None
    mx: tuple[str, ...]
    uncovered: tuple[str, ...]
    problems: tuple[str, ...]
    problem_tags: tuple[StsProblem | FetchFault, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportTlsRpt:
    status: str
    rua: tuple[str, ...]
    problems: tuple[str, ...]
    problem_tags: tuple[TlsRptProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportDane:
    host: str
    status: str
    records: tuple[str, ...]
    problems: tuple[str, ...]
    problem_tags: tuple[TlsaProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportListing:
    zone: str
    query: str
    status: ListingStatus
    codes: tuple[str, ...]
    text: str
    title: str
    subject: str
    role: str
    weight: int
    meanings: tuple[str, ...]
    delist_url: str
    reason: str
    reason_tags: tuple[ListingReason, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportUnanswered:
    """A question that DNS did not answer, and why; `reason` is what its line of `answers` says."""

    question: str
    reason: str
    reason_tag: AnswerFault


@dataclass(frozen=True, slots=True)
class ReportDns:
    """What DNS said, parsed. None: not looked at, or nothing to look at."""

    route: str
    mx: tuple[ReportMx, ...]
    spf: ReportSpf | None
    dkim: tuple[ReportDkim, ...]
    dmarc: ReportDmarc | None
    ptr: ReportPtr | None
    helo: ReportHelo | None
    mta_sts: ReportMtaSts
    tls_rpt: ReportTlsRpt
    dane: tuple[ReportDane, ...]
    dnsbl: tuple[ReportListing, ...]
    answers: tuple[str, ...]  # every DNS answer on one line each, for -v
    unanswered: tuple[ReportUnanswered, ...] = ()
