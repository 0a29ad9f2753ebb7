"""Does the recipient's domain want reports about failed TLS?

Looks at the _smtp._tls record. It does not affect delivery; without it the owner of the domain gets no
reports that TLS with the mail hosts fails.

What to do: the owner of the domain publishes, at _smtp._tls.DOMAIN, a TXT record such as
"v=TLSRPTv1; rua=mailto:tls-reports@DOMAIN".
Source: RFC 8460 section 3.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.mta_sts.results import StsStatus

ID = "tls-rpt"
STEP = 2
say = Voice(ID, STEP, ("RFC 8460 section 3",))

_TAGS = {
    StsStatus.VALID: "tls-rpt-published",
    StsStatus.ABSENT: "tls-rpt-absent",
    StsStatus.UNUSABLE: "tls-rpt-unusable",
}


def check(facts: Facts) -> Iterator[Finding]:
    """At most a notice: TLS-RPT never decides whether mail is delivered."""
    report = facts.recipient.tls_rpt
    tag = _TAGS.get(report.status, "tls-rpt-unanswered")
    yield say(tag, report.evidence, domain=report.domain, addresses=report.rua, problems=report.problems)
