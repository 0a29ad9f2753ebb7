"""Are the sender's DKIM keys published?

Looks up the key records of the selectors that were given (--selector), that the message names, that the
sender's provider is known to use, and the common ones. A key that is missing under a guessed selector proves
nothing: selectors cannot be listed. Under a selector that was given, or that signed the message, it means
that every signature fails: an error, unless DMARC passes by SPF, or DNS leaves open whether it does.

A key in the form that RFC 6376 names (RSAPublicKey) is one for some verifiers only: most read a
SubjectPublicKeyInfo alone.

What to do: publish the key that the signing server names, at SELECTOR._domainkey.DOMAIN; replace a revoked
key by a new selector.
Source: RFC 6376 sections 3.6.1 and 3.6.2; opendkim 2.11.0, Exim 4.96, Mail::DKIM 1.20230212 and rspamd 3.4,
each with a key of that form.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.dmarc_paths import may_pass_by_spf, spf_path
from probe.checks.judging.wording import Voice, is_missing, why_not_looked_at
from probe.facts.gaps import Fact
from probe.facts.model import Facts
from probe.model.dkim_key import KeyProblem, KeyReason
from probe.model.finding import Finding
from probe.standards.dkim.results import KeyResult, KeyStatus
from probe.wording.sentence import series
from probe.wording.spoken import clauses

ID = "dkim-keys"
STEP = 2
say = Voice(ID, STEP, ("RFC 6376 section 3.6.1",))


_TOLD_ELSEWHERE = (KeyReason.SHORT_KEY, KeyReason.ADVISED_LENGTH, KeyReason.BARE_KEY)


def check(facts: Facts) -> Iterator[Finding]:
    """Faults of named selectors first; a guessed selector can only count in favour."""
    keys = facts.sender.dkim
    if not keys:
        yield say("dkim-keys-not-looked-at", why=why_not_looked_at(facts, Fact.DKIM))
        return
    faults = [_fault(key, tag) for key in keys if (tag := _tag_of_fault(key, facts))]
    valid = [key for key in keys if key.status is KeyStatus.VALID]
    yield from faults
    if valid:
        yield from _testing(valid)
        yield from (say("dkim-key-bare", (key.evidence,), key=key.name) for key in valid if _is_bare(key))
        yield from (_blemished(key) for key in valid if _oddities(key))
        if not faults:
            yield say(
                "dkim-keys-published",
                (key.evidence for key in valid),
                keys=[key.name for key in valid],
                types=[key.key_type for key in valid],
                bits=[key.key_bits for key in valid],
            )
    elif not faults:
        yield _nothing_found(keys)


def _nothing_found(keys: tuple[KeyResult, ...]) -> Finding:
    unknown = [key for key in keys if key.status is KeyStatus.UNKNOWN]
    if not unknown:
        evidence = (key.evidence for key in keys[:3])
        return say("dkim-keys-none-found", evidence, domain=keys[0].domain, count=len(keys))
    return say(
        "dkim-keys-unanswered",
        (key.evidence for key in unknown),
        domain=keys[0].domain,
        keys=[key.name for key in unknown],
        problems=[series(clauses(key.problems)) for key in unknown],
        named=any(key.is_named for key in unknown),
    )


def _tag_of_fault(key: KeyResult, facts: Facts) -> str:
    """The tag of what is wrong with a key; empty if nothing is known to be wrong."""
    if key.status in (KeyStatus.MALFORMED, KeyStatus.UNUSABLE):
        if not key.is_named:
            return "dkim-key-unusable-guessed"
        return _by_spf(
            facts, "dkim-key-unusable", "dkim-key-unusable-spf-carries", "dkim-key-unusable-spf-not-known"
        )
    if key.is_named and key.status is KeyStatus.MISSING:
        if is_missing(facts, key.domain):
            return "dkim-key-of-missing-domain"
        return _by_spf(
            facts, "dkim-key-missing", "dkim-key-missing-spf-carries", "dkim-key-missing-spf-not-known"
        )
    if key.is_named and key.status is KeyStatus.REVOKED:
        return _by_spf(
            facts, "dkim-key-revoked", "dkim-key-revoked-spf-carries", "dkim-key-revoked-spf-not-known"
        )
    return ""


def _by_spf(facts: Facts, fault: str, beside_spf: str, in_doubt: str) -> str:
    """The tag of a fault, by whether SPF carries DMARC without the key."""
    if spf_path(facts):
        return beside_spf
    return in_doubt if may_pass_by_spf(facts) else fault


def _fault(key: KeyResult, tag: str) -> Finding:
    return say(
        tag,
        (key.evidence,),
        key=key.name,
        domain=key.domain,
        selector=key.selector,
        status=key.status,
        problems=key.whys,
    )


def _oddities(key: KeyResult) -> tuple[KeyProblem, ...]:
    """What else is unusual about a usable key; its length is judged by another check, its form above."""
    return tuple(problem for problem in key.problems if problem.tag not in _TOLD_ELSEWHERE)


def _is_bare(key: KeyResult) -> bool:
    return any(problem.tag is KeyReason.BARE_KEY for problem in key.problems)


def _blemished(key: KeyResult) -> Finding:
    return say("dkim-key-blemished", (key.evidence,), key=key.name, problems=_oddities(key))


def _testing(valid: list[KeyResult]) -> Iterator[Finding]:
    test_keys = [key for key in valid if key.testing]
    if test_keys:
        evidence = (key.evidence for key in test_keys)
        yield say("dkim-keys-testing", evidence, keys=[key.name for key in test_keys])
