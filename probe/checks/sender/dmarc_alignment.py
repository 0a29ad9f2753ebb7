"""Can this mail pass DMARC?

DMARC passes when SPF passes for a domain that aligns with the From header's, or a DKIM signature of such a
domain verifies; one is enough. When neither can and the policy is quarantine or reject, receivers that honour
DMARC junk or refuse the mail. Without --message a signature cannot be seen: then only the published keys
speak.

What to do: sign with DKIM for the domain of the From header, or send with a reverse-path of that domain from
an address that its SPF record permits.
Source: RFC 9989 sections 4.4 and 5.3; RFC 7489 section 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.dmarc_paths import dkim_path, enforces, spf_path
from probe.checks.judging.wording import Voice, is_missing, not_looked_at
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.dmarc.results import DmarcResult
from probe.standards.spf.results import SpfVerdict

ID = "dmarc-alignment"
STEP = 2
say = Voice(ID, STEP, ("RFC 9989 section 4.4",))


def check(facts: Facts) -> Iterator[Finding]:
    """An error when nothing can pass and the policy enforces."""
    result = facts.sender.dmarc
    if result is None:
        yield say.not_assessed(f"DMARC alignment: {not_looked_at(facts)}")
        return
    spf, dkim = spf_path(facts), dkim_path(facts)
    evidence = (*result.evidence, *(facts.sender.spf.evidence if facts.sender.spf else ()))
    paths = f"SPF {_word(spf, facts)}, DKIM {_dkim_word(dkim, facts)}"
    if spf or dkim:
        yield say.ok(f"DMARC for {result.author_domain} can pass: {paths}", evidence)
    elif spf is False and dkim is False:
        yield _nothing_aligns(result, paths, evidence, in_vain=is_missing(facts, result.author_domain))
    elif spf is False and enforces(result):
        yield say.warning(
            f"DMARC for {result.author_domain} (policy {result.applied_policy}) passes only with an aligned "
            f"DKIM signature: {paths}",
            evidence,
            f"Have the mail signed with d={result.author_domain}; --message FILE shows whether it is.",
        )
    else:
        yield say.not_assessed(
            f"DMARC alignment for {result.author_domain}: {paths}",
            evidence,
            "Give --selector, or --message FILE.",
        )


def _nothing_aligns(result: DmarcResult, paths: str, evidence: tuple[str, ...], *, in_vain: bool) -> Finding:
    remedy = (
        f"Sign with DKIM for {result.author_domain}, or use a reverse-path of {result.author_domain} "
        "from an address that its SPF record permits."
    )
    if in_vain:
        remedy = ""
    if enforces(result):
        return say.error(
            f"DMARC for {result.author_domain} cannot pass ({paths}), "
            f"and its policy is {result.applied_policy}",
            evidence,
            remedy,
        )
    if result.unknown:
        return say.not_assessed(
            f"DMARC for {result.author_domain} cannot pass ({paths}); whether a policy applies is not known",
            evidence,
        )
    return say.warning(f"DMARC for {result.author_domain} cannot pass: {paths}", evidence, remedy)


def _word(path: bool | None, facts: Facts) -> str:
    if path:
        return "passes and aligns"
    if path is None:
        passes = facts.sender.spf is not None and facts.sender.spf.verdict is SpfVerdict.PASS
        return "passes, whether it aligns is not known" if passes else "is not known"
    if facts.sender.alignment.spf is False:
        return f"domain {facts.sender.domain or 'of the EHLO name'} does not align"
    verdict = facts.sender.spf.verdict if facts.sender.spf else "none"
    return f"does not pass ({verdict})"


def _dkim_word(path: bool | None, facts: Facts) -> str:
    if facts.message is not None:
        if path is None:
            return "signature could not be verified"
        return "signature verifies and aligns" if path else "has no aligned signature that verifies"
    if path is None:
        return "cannot be known without a selector or the message"
    return "key of an aligned domain is published" if path else "has no usable key that aligns"
