"""Can this mail pass DMARC?

DMARC passes when SPF passes for a domain that aligns with the From header's, or a DKIM signature of such a
domain verifies; one is enough. When neither can and the policy is quarantine or reject, receivers that honour
DMARC junk or refuse the mail. Without --message there is no signature to check: then only the published keys
count.

What to do: sign with DKIM for the domain of the From header, or send with a reverse-path of that domain from
an address that its SPF record permits.
Source: RFC 9989 sections 4.4 and 5.3; RFC 7489 section 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe._enum import StrEnum
from probe.checks.judging.dmarc_paths import dkim_path, enforces, is_dkim_unanswered, spf_path
from probe.checks.judging.wording import Voice, is_missing, why_not_looked_at
from probe.facts.gaps import Fact
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.signing import SignatureVerdict
from probe.standards.dmarc.results import DmarcResult
from probe.standards.spf.results import SpfVerdict

ID = "dmarc-alignment"
STEP = 2
say = Voice(ID, STEP, ("RFC 9989 section 4.4",))


class SpfPath(StrEnum):
    """Whether DMARC can pass by SPF."""

    ALIGNED = "aligned"
    ALIGNMENT_NOT_KNOWN = "alignment_not_known"
    NOT_KNOWN = "not_known"
    NOT_ALIGNED = "not_aligned"
    NOT_PASSING = "not_passing"


class DkimPath(StrEnum):
    """Whether DMARC can pass by DKIM: the first four by the signatures of the message, the others by the
    published keys."""

    VERIFIED = "verified"
    ALIGNMENT_NOT_KNOWN = "alignment_not_known"
    NOT_VERIFIABLE = "not_verifiable"
    NOT_SIGNED = "not_signed"
    PUBLISHED = "published"
    NO_KEY = "no_key"
    NOT_ANSWERED = "not_answered"
    NOT_KNOWN = "not_known"


def check(facts: Facts) -> Iterator[Finding]:
    """An error when nothing can pass and the policy enforces."""
    result = facts.sender.dmarc
    if result is None:
        yield say("dmarc-alignment-not-looked-at", why=why_not_looked_at(facts, Fact.DMARC))
        return
    spf = facts.sender.spf
    yield say(
        _tag(result, facts),
        (*result.evidence, *(spf.evidence if spf else ())),
        author=result.author_domain,
        policy=result.applied_policy,
        spf=_spf(facts),
        spf_result=spf.verdict if spf else SpfVerdict.NONE,
        envelope=facts.sender.domain,
        dkim=_dkim(facts),
    )


def _tag(result: DmarcResult, facts: Facts) -> str:
    spf, dkim = spf_path(facts), dkim_path(facts)
    if spf or dkim:
        return "dmarc-can-pass"
    if spf is False and dkim is False:
        return _tag_of_none(result, in_vain=is_missing(facts, result.author_domain))
    # without the message nobody knows whether it is signed; where DNS was silent, it may well be
    is_silent = facts.message is not None or is_dkim_unanswered(facts)
    needs_dkim = spf is False and enforces(result) and not is_silent
    return "dmarc-needs-dkim" if needs_dkim else "dmarc-alignment-not-known"


def _tag_of_none(result: DmarcResult, *, in_vain: bool) -> str:
    """The tag when neither SPF nor DKIM can pass."""
    if enforces(result):
        return "dmarc-of-missing-domain-enforced" if in_vain else "dmarc-cannot-pass-enforced"
    if result.unknown:
        return "dmarc-cannot-pass-policy-not-known"
    return "dmarc-of-missing-domain" if in_vain else "dmarc-cannot-pass"


def _spf(facts: Facts) -> SpfPath:
    path = spf_path(facts)
    if path:
        return SpfPath.ALIGNED
    if path is None:
        passes = facts.sender.spf is not None and facts.sender.spf.verdict is SpfVerdict.PASS
        return SpfPath.ALIGNMENT_NOT_KNOWN if passes else SpfPath.NOT_KNOWN
    return SpfPath.NOT_ALIGNED if facts.sender.alignment.spf is False else SpfPath.NOT_PASSING


def _dkim(facts: Facts) -> DkimPath:
    path = dkim_path(facts)
    if facts.message is not None:
        if path is None:
            passes = any(s.verdict is SignatureVerdict.PASS for s in facts.message.signatures)
            return DkimPath.ALIGNMENT_NOT_KNOWN if passes else DkimPath.NOT_VERIFIABLE
        return DkimPath.VERIFIED if path else DkimPath.NOT_SIGNED
    if path is None:
        is_named = any(key.is_named for key in facts.sender.dkim)
        return DkimPath.NOT_ANSWERED if is_named and is_dkim_unanswered(facts) else DkimPath.NOT_KNOWN
    return DkimPath.PUBLISHED if path else DkimPath.NO_KEY
