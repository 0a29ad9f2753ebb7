"""Does the recipient's domain want reports about failed TLS?

Looks at the _smtp._tls record. It changes nothing about delivery; without it the owner of the domain learns
from nobody that senders cannot make TLS with the mail hosts.

What to do: the owner of the domain publishes, at _smtp._tls.DOMAIN, a TXT record such as
"v=TLSRPTv1; rua=mailto:tls-reports@DOMAIN".
Source: RFC 8460 section 3.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice, series
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.mta_sts.results import StsStatus

ID = "tls-rpt"
STEP = 2
say = Voice(ID, STEP, ("RFC 8460 section 3",))


def check(facts: Facts) -> Iterator[Finding]:
    """At worst a notice: TLS-RPT never decides about a mail."""
    report = facts.recipient.tls_rpt
    if report.status is StsStatus.VALID:
        yield say.ok(
            f"{report.domain} takes TLS reports at {series(report.rua) or 'its rua address'}", report.evidence
        )
    elif report.status is StsStatus.ABSENT:
        yield say.notice(f"{report.domain} takes no TLS reports (no TLS-RPT record)", report.evidence)
    elif report.status is StsStatus.UNUSABLE:
        yield say.notice(
            f"the TLS-RPT record of {report.domain} cannot be used: {series(report.problems)}",
            report.evidence,
            f"The owner of {report.domain} mends the record at _smtp._tls.{report.domain}.",
        )
    else:
        why = series(report.problems) or "no usable answer from DNS"
        yield say.not_assessed(f"TLS-RPT of {report.domain}: {why}", report.evidence)
