"""Does the author's domain publish a DMARC record?

Finds the record that applies to the domain of the From header, by the tree walk. Without one, Google and
Yahoo refuse bulk mail, and anyone can use the domain in a From header unhindered.

What to do: publish at _dmarc.DOMAIN the TXT record "v=DMARC1; p=none; rua=mailto:ADDRESS", read the reports,
and go on to quarantine and reject when all own mail passes.
Source: RFC 9989 sections 4.7 and 4.10.1; RFC 7489 section 6.3.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice, is_missing, not_looked_at, series
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.dmarc.results import DmarcResult

ID = "dmarc-record"
STEP = 2
say = Voice(ID, STEP, ("RFC 9989 section 4.10.1",))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding on the record that applies, with its faults."""
    result = facts.sender.dmarc
    if result is None:
        yield say.not_assessed(f"DMARC: {not_looked_at(facts)}")
    elif result.invalid_records:
        yield say.warning(
            f"what {result.author_domain} publishes for DMARC cannot be used: "
            f"{series(result.invalid_records)}",
            result.evidence,
            f"Leave exactly one valid record at _dmarc.{result.organizational_domain}.",
        )
    elif result.record is not None:
        yield from _of_record(result)
    elif result.unknown:
        yield say.not_assessed(
            f"DMARC of {result.author_domain}: no usable answer from DNS ({series(result.unanswered)})",
            result.evidence,
        )
    elif is_missing(facts, result.author_domain):
        yield say.warning(f"no DMARC record applies to {result.author_domain}", result.evidence)
    else:
        yield say.warning(
            f"no DMARC record applies to {result.author_domain}",
            result.evidence,
            f"Publish at _dmarc.{result.organizational_domain} the TXT record: "
            f"v=DMARC1; p=none; rua=mailto:postmaster@{result.organizational_domain}",
        )


def _of_record(result: DmarcResult) -> Iterator[Finding]:
    record = result.record
    assert record is not None
    told = f"the DMARC record of {record.domain} (applied policy {result.applied_policy or 'not known'})"
    if record.problems:
        yield say.warning(
            f"{told} has faults: {series(record.problems)}",
            result.evidence,
            f"Mend the TXT record at _dmarc.{record.domain}.",
        )
    elif record.testing:
        yield say.notice(
            f"{told} is in testing (t=y): receivers apply the next milder policy", result.evidence
        )
    else:
        yield say.ok(f"{told} applies to {result.author_domain}", result.evidence)
