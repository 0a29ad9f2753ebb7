"""Do the recipient's mail hosts keep their DANE promise?

Looks at the TLSA records of each MX host, asked only where the address is DNSSEC-signed, and holds the
certificate that was seen against them. A sending server that honours DANE does not deliver to a host whose
certificate does not match.

What to do: the host's operator publishes the TLSA record of the new certificate before it is installed, and
removes that of the old one afterwards.
Source: RFC 7672 sections 2.1, 2.2 and 3.1; RFC 6698 section 2.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice, series
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.tls.results import DaneResult, DaneStatus

ID = "dane"
STEP = 2
say = Voice(ID, STEP, ("RFC 7672 section 2.2",))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each host with TLSA records, one for all others."""
    results = facts.recipient.dane
    if not results:
        yield say.not_assessed("DANE: no MX host was looked at")
        return
    spoken = [finding for result in results for finding in _of_host(result)]
    if spoken:
        yield from spoken
        return
    evidence = [ref for result in results for ref in result.evidence]
    insecure = [result.host for result in results if result.status is DaneStatus.INSECURE]
    unknown = [result for result in results if result.status is DaneStatus.UNKNOWN]
    if unknown:
        told = series(f"{result.host} ({series(result.problems)})" for result in unknown)
        # RFC 7672 section 2.1.2: without an answer about TLSA the host must not be used
        yield say.not_assessed(
            f"DANE of {told}; senders that obey DANE put the mail off while that lasts", evidence
        )
    elif insecure:
        yield say.not_assessed(
            f"DANE does not apply to {series(insecure)}: no DNSSEC, or a resolver that does not validate",
            evidence,
        )
    else:
        yield say.ok(
            f"there is no TLSA record for {series(r.host for r in results)}: DANE asks for nothing", evidence
        )


def _of_host(result: DaneResult) -> Iterator[Finding]:
    detail = f": {series(result.problems)}" if result.problems else ""
    match result.status:
        case DaneStatus.MATCHED:
            yield say.ok(f"the certificate of {result.host} matches its TLSA record", result.evidence)
        case DaneStatus.MISMATCHED:
            yield say.error(
                f"the certificate of {result.host} matches none of its TLSA records{detail}",
                result.evidence,
                f"The operator of {result.host} publishes the TLSA record of the certificate in use.",
            )
        case DaneStatus.UNUSABLE:
            # RFC 7672 section 2.2: unusable records still demand TLS, without authentication
            yield say.warning(
                f"no TLSA record of {result.host} can be used{detail}",
                result.evidence,
                f"The operator of {result.host} publishes a record of usage 3 or 2.",
            )
        case DaneStatus.NOT_SEEN:
            yield say.not_assessed(
                f"{result.host} publishes TLSA records, and no certificate was seen to hold against them",
                result.evidence,
            )
        case _:
            return
