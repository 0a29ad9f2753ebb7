"""Does the author's domain publish a DMARC record?

Finds the record that applies to the domain of the From header, by the tree walk. Without one, Google and
Yahoo refuse bulk mail, and nothing stops others from using the domain in a From header.

What to do: publish at _dmarc.DOMAIN the TXT record "v=DMARC1; p=none; rua=mailto:ADDRESS", read the reports,
and go on to quarantine and reject when all own mail passes.
Source: RFC 9989 sections 4.7 and 4.10.1; RFC 7489 section 6.3.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice, is_missing, why_not_looked_at
from probe.facts.gaps import Fact
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.dmarc.results import DmarcRecord, DmarcResult

ID = "dmarc-record"
STEP = 2
say = Voice(ID, STEP, ("RFC 9989 section 4.10.1",))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding on the record that applies, with its faults."""
    result = facts.sender.dmarc
    if result is None:
        yield say("dmarc-not-looked-at", why=why_not_looked_at(facts, Fact.DMARC))
    elif result.record is not None and not result.invalid_records:
        yield _of_record(result, result.record)
    else:
        yield say(
            _tag_without_record(result, facts),
            result.evidence,
            author=result.author_domain,
            organization=result.organizational_domain,
            records=result.invalid_records,
            near=result.near,
            unanswered=result.unanswered,
        )


def _tag_without_record(result: DmarcResult, facts: Facts) -> str:
    if result.invalid_records:
        return "dmarc-records-invalid"
    if result.unknown:
        return "dmarc-unanswered"
    return "dmarc-none-of-missing-domain" if is_missing(facts, result.author_domain) else "dmarc-none"


def _of_record(result: DmarcResult, record: DmarcRecord) -> Finding:
    if record.problems:
        tag = "dmarc-record-faulty"
    else:
        tag = "dmarc-record-testing" if record.testing else "dmarc-record-applies"
    return say(
        tag,
        result.evidence,
        author=result.author_domain,
        domain=record.domain,
        policy=result.applied_policy,
        problems=record.problems,
    )
