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

from probe.checks.judging.wording import Voice, series
from probe.facts.model import Facts
from probe.model.finding import Finding, Severity
from probe.standards.mta_sts.results import StsPolicy, StsResult, StsStatus

ID = "mta-sts"
STEP = 2
say = Voice(ID, STEP, ("RFC 8461 section 3", "RFC 8461 section 5"))


def check(facts: Facts) -> Iterator[Finding]:
    """Judge the published policy; what TLS showed is judged by starttls-offered and certificate."""
    sts = facts.recipient.mta_sts
    if sts.status is StsStatus.VALID and sts.policy is not None:
        yield from _of_policy(facts, sts, sts.policy)
    elif sts.status is StsStatus.ABSENT:
        yield say.notice(
            f"{sts.domain} publishes no MTA-STS policy: TLS to it is opportunistic", sts.evidence
        )
    elif sts.status is StsStatus.UNUSABLE:
        yield say.warning(
            f"{sts.domain} publishes MTA-STS that senders must ignore: "
            f"{series(sts.problems) or 'no usable policy'}",
            sts.evidence,
            f"The owner of {sts.domain} mends the record or the policy file.",
        )
    else:
        why = series(sts.problems) or "no usable answer from DNS or HTTPS"
        yield say.not_assessed(f"MTA-STS of {sts.domain}: {why}", sts.evidence)


def _of_policy(facts: Facts, sts: StsResult, policy: StsPolicy) -> Iterator[Finding]:
    problems = (*sts.problems, *policy.problems)
    hosts = [host.host for host in facts.recipient.mx.hosts]
    if sts.uncovered and policy.mode != "none":
        # RFC 8461 section 5.1: with enforce these hosts are left out; with none left, mail waits and bounces
        if policy.mode == "enforce":
            severity = Severity.ERROR if set(hosts) <= set(sts.uncovered) else Severity.WARNING
        else:
            severity = Severity.NOTICE
        yield say.of(
            severity,
            f"the MTA-STS policy of {sts.domain} (mode {policy.mode}) does not cover {series(sts.uncovered)}",
            sts.evidence,
            f"The owner of {sts.domain} adds the hosts to the mx lines of the policy.",
        )
    elif problems:
        yield say.notice(
            f"the MTA-STS policy of {sts.domain} is usable, but: {series(problems)}", sts.evidence
        )
    else:
        yield say.ok(
            f"{sts.domain} has an MTA-STS policy in mode {policy.mode} that covers every MX host",
            sts.evidence,
        )
