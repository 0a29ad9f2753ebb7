"""MTA-STS of a recipient domain, from the record, the fetched policy and the MX hosts (RFC 8461)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from probe._dataclass import replace
from probe.model.observed import FetchFault
from probe.model.reason import Reason
from probe.model.tls_policy import StsProblem, StsWhy
from probe.standards.dns.message import Answer
from probe.standards.mta_sts.match import uncovered_hosts
from probe.standards.mta_sts.policy import is_policy_media_type, parse_policy, policy_url
from probe.standards.mta_sts.record import read_record
from probe.standards.mta_sts.results import StsMode, StsResult, StsStatus


class PolicyResponse(Protocol):
    """What a fetch of the policy brought; `status` is None and `fault` set when no response came,
    both are set when the response could not be used whole."""

    @property
    def status(self) -> int | None: ...
    @property
    def content_type(self) -> str: ...
    @property
    def body(self) -> bytes: ...
    @property
    def fault(self) -> Reason[FetchFault] | None: ...


def judge(domain: str, answer: Answer, response: PolicyResponse | None, mx_hosts: Iterable[str]) -> StsResult:
    """`answer` is that to `record_question(domain)`; `response` None when nothing was fetched."""
    record = read_record(answer)
    result = StsResult(domain, record.status, record.policy_id, None, (), record.problems, (answer.ref,))
    if record.status is not StsStatus.VALID:
        return result
    if response is None:
        problem = StsWhy(StsProblem.NOT_FETCHED)
        return replace(result, status=StsStatus.UNKNOWN, problems=(*record.problems, problem))
    result = replace(result, evidence=(answer.ref, f"https:{policy_url(domain)}"))
    if response.fault is not None and response.status in (None, 200):
        return replace(result, status=_by_fault(response.fault.tag), fetch=response.fault)
    fault = _response_fault(response)
    if fault is not None:
        # trouble of the server passes; what it means to serve does not
        is_passing = fault.tag in (StsProblem.NO_RESPONSE, StsProblem.SERVER_ERROR)
        status = StsStatus.UNKNOWN if is_passing else StsStatus.UNUSABLE
        return replace(result, status=status, problems=(*record.problems, fault))
    policy, faults = parse_policy(response.body)
    if policy is None:
        return replace(result, status=StsStatus.UNUSABLE, problems=(*record.problems, *faults))
    # mode none withdraws the policy (section 8.3): its patterns bind nobody.
    missing_hosts = () if policy.mode is StsMode.NONE else uncovered_hosts(policy.mx_patterns, mx_hosts)
    problems = (*record.problems, *policy.problems)
    return replace(result, policy=policy, uncovered=missing_hosts, problems=problems)


def _by_fault(fault: FetchFault) -> StsStatus:
    """Whether the policy itself is at fault for everybody, and not the way to it."""
    is_own = fault.is_of_certificate or fault is FetchFault.TOO_LARGE
    return StsStatus.UNUSABLE if is_own else StsStatus.UNKNOWN


def _response_fault(response: PolicyResponse) -> StsWhy | None:
    """Why the response is no policy; None when it may be one."""
    if response.status is None:
        return StsWhy(StsProblem.NO_RESPONSE)
    if 300 <= response.status < 400:
        return StsWhy(StsProblem.REDIRECT, status=response.status)
    if response.status >= 500:
        return StsWhy(StsProblem.SERVER_ERROR, status=response.status)
    if response.status != 200:
        return StsWhy(StsProblem.OTHER_STATUS, status=response.status)
    if not is_policy_media_type(response.content_type):
        return StsWhy(StsProblem.MEDIA_TYPE, text=response.content_type)
    return None
