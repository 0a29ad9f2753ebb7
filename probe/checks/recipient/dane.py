"""Do the certificates of the recipient's mail hosts match their TLSA records?

Looks up the TLSA records of each MX host, only if its address is DNSSEC-signed, and compares the certificate
that was seen with them. If the host is an alias, the records are at the name that its CNAME leads to,
otherwise at its own. A sending server that honours DANE does not deliver to a host whose certificate does not
match.

What to do: the host's operator publishes the TLSA record of the new certificate before it is installed, and
removes that of the old one afterwards.
Source: RFC 7672 sections 2.1, 2.2 and 3.1; RFC 6698 section 2.1; RFC 7671 sections 5, 7 and 9.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.tls.results import DaneResult, DaneStatus

ID = "dane"
STEP = 2
say = Voice(ID, STEP, ("RFC 7672 section 2.2",))

_OF_HOST = {
    DaneStatus.MATCHED: "dane-matched",
    DaneStatus.MISMATCHED: "dane-mismatched",
    # RFC 7672 section 2.2: unusable records still demand TLS, without authentication
    DaneStatus.UNUSABLE: "dane-unusable",
    DaneStatus.NOT_SEEN: "dane-not-seen",
}


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each host with TLSA records; one for all others, if there are only those or DNS did not
    answer for one."""
    results = facts.recipient.dane
    if not results:
        yield say("dane-not-looked-at")
        return
    sessions = [
        say(_OF_HOST[it.status], it.evidence, host=it.host, base=it.base, problems=it.problems)
        for it in results
        if it.status in _OF_HOST
    ]
    yield from sessions
    if not sessions or any(it.status is DaneStatus.UNKNOWN for it in results):
        yield _without_tlsa(results)


def _without_tlsa(results: tuple[DaneResult, ...]) -> Finding:
    evidence = [ref for result in results for ref in result.evidence]
    insecure = [result.host for result in results if result.status is DaneStatus.INSECURE]
    unknown = [result for result in results if result.status is DaneStatus.UNKNOWN]
    if unknown:
        # RFC 7672 section 2.1.2: without an answer about TLSA the host must not be used
        hosts, problems = [it.host for it in unknown], [next(iter(it.problems), None) for it in unknown]
        return say("dane-unanswered", evidence, hosts=hosts, problems=problems)
    if any(result.status is DaneStatus.NOT_ASKED for result in results):
        return say("dane-not-asked", evidence, hosts=[it.host for it in results])
    if insecure:
        return say("dane-without-dnssec", evidence, hosts=insecure)
    return say("dane-absent", evidence, hosts=[result.host for result in results])
