"""MTA-STS of a recipient domain, from the record, the fetched policy and the MX hosts (RFC 8461)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from probe.model.observed import FetchFault
from probe.model.reason import Reason
from probe.standards.dns.message import Answer
from probe.standards.mta_sts.match import uncovered
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


def judge(domain: str, answer: Answer, fetched: PolicyResponse | None, mx_hosts: Iterable[str]) -> StsResult:
    """`answer` is that to `record_question(domain)`; `fetched` None when nothing was fetched."""
    record = read_record(answer)
    result = StsResult(domain, record.status, record.policy_id, None, (), record.problems, (answer.ref,))
    if record.status is not StsStatus.VALID:
        return result
    if fetched is None:
        problem = "the policy was not fetched"
        return replace(result, status=StsStatus.UNKNOWN, problems=(*record.problems, problem))
    result = replace(result, evidence=(answer.ref, f"https:{policy_url(domain)}"))
    if fetched.fault is not None and fetched.status in (None, 200):
        return replace(result, status=_by_fault(fetched.fault.tag), fetch=fetched.fault)
    status, problem = _response_fault(fetched)
    if problem:
        return replace(result, status=status, problems=(*record.problems, problem))
    policy, faults = parse_policy(fetched.body)
    if policy is None:
        return replace(result, status=StsStatus.UNUSABLE, problems=(*record.problems, *faults))
    # mode none withdraws the policy (section 8.3): its patterns bind nobody.
    missing = () if policy.mode is StsMode.NONE else uncovered(policy.mx_patterns, mx_hosts)
    problems = (*record.problems, *policy.problems)
    return replace(result, policy=policy, uncovered=missing, problems=problems)


def _by_fault(fault: FetchFault) -> StsStatus:
    """Whether the policy itself is at fault for everybody, and not the way to it."""
    is_own = fault.is_of_certificate or fault is FetchFault.TOO_LARGE
    return StsStatus.UNUSABLE if is_own else StsStatus.UNKNOWN


def _response_fault(fetched: PolicyResponse) -> tuple[StsStatus, str]:
    """Why the response is no policy; an empty clause when it may be one."""
    if fetched.status is None:
        return StsStatus.UNKNOWN, "no response"
    if 300 <= fetched.status < 400:
        return StsStatus.UNUSABLE, f"status {fetched.status}: redirects are not followed"
    if fetched.status >= 500:
        return StsStatus.UNKNOWN, f"status {fetched.status}: the policy server is in trouble"
    if fetched.status != 200:
        return StsStatus.UNUSABLE, f"status {fetched.status}: only 200 gives a policy"
    if not is_policy_media_type(fetched.content_type):
        media_type = fetched.content_type or "missing"
        return StsStatus.UNUSABLE, f"content type is {media_type}, not text/plain"
    return StsStatus.VALID, ""
