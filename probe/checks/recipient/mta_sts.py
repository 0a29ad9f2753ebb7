"""Does the recipient's domain ask for authenticated TLS (MTA-STS)?

Looks at the _mta-sts record, the policy behind it, whether its patterns cover the MX hosts, and what was
seen live. In mode enforce a sending server that honours MTA-STS does not deliver to a host that is not
covered, offers no STARTTLS, or shows a certificate that does not verify.

What to do: the owner of the recipient's domain lists every MX host in the policy at
https://mta-sts.DOMAIN/.well-known/mta-sts.txt and changes the id of the record after every edit.
Source: RFC 8461 sections 3.1, 3.2, 4.1, 5.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice, mta_sts_problems
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.mta_sts.results import StsMode, StsPolicy, StsResult, StsStatus

ID = "mta-sts"
STEP = 2
say = Voice(ID, STEP, ("RFC 8461 section 3", "RFC 8461 section 5"))


def check(facts: Facts) -> Iterator[Finding]:
    """Judge the published policy; what TLS showed is judged by starttls-offered and certificate."""
    sts = facts.recipient.mta_sts
    if sts.status is StsStatus.VALID and sts.policy is not None:
        yield _of_policy(facts, sts, sts.policy)
    elif sts.status is StsStatus.ABSENT:
        yield say("mta-sts-absent", sts.evidence, domain=sts.domain)
    else:
        tag = "mta-sts-unusable" if sts.status is StsStatus.UNUSABLE else "mta-sts-unanswered"
        yield say(tag, sts.evidence, domain=sts.domain, problems=mta_sts_problems(sts))


def _of_policy(facts: Facts, sts: StsResult, policy: StsPolicy) -> Finding:
    problems = (*mta_sts_problems(sts), *policy.problems)
    if policy.mode is StsMode.NONE:
        tag = "mta-sts-none"  # RFC 8461 section 5: as if there were no policy
    elif sts.uncovered:
        tag = _tag_uncovered(facts, sts, policy)
    else:
        tag = "mta-sts-faulty" if problems else "mta-sts-covers"
    return say(tag, sts.evidence, domain=sts.domain, mode=policy.mode, hosts=sts.uncovered, problems=problems)


def _tag_uncovered(facts: Facts, sts: StsResult, policy: StsPolicy) -> str:
    # RFC 8461 section 5.1: with enforce these hosts are not used; if none is left, mail waits and bounces
    if policy.mode is not StsMode.ENFORCE:
        return "mta-sts-covers-not-all-unenforced"
    hosts = {host.host for host in facts.recipient.mx.hosts}
    return "mta-sts-covers-no-host" if hosts <= set(sts.uncovered) else "mta-sts-covers-not-all"
