"""Whether DMARC can pass by SPF or by DKIM; used by the checks of steps 2 and 5.

Results have three values: True (it can), False (it cannot), None (not known).
"""

from __future__ import annotations

from probe.facts.model import Facts
from probe.model.signing import SignatureVerdict
from probe.reading.message.results import SignatureResult
from probe.standards.dkim.results import KeyStatus
from probe.standards.dmarc.results import DmarcResult
from probe.standards.spf.results import SpfVerdict

ENFORCING = ("quarantine", "reject")


def enforces(result: DmarcResult | None) -> bool:
    """Whether the policy that applies asks receivers to act on failing mail."""
    return result is not None and result.applied_policy in ENFORCING


def spf_path(facts: Facts) -> bool | None:
    """SPF passes for the sending address, and its domain aligns with the author's (RFC 9989 section 4.4)."""
    is_aligned = facts.sender.alignment.spf
    verdict = facts.sender.spf.verdict if facts.sender.spf else None
    if is_aligned is False:
        return False
    if verdict is None or verdict is SpfVerdict.TEMPERROR:
        return None
    if verdict is not SpfVerdict.PASS:
        # an address that only one server names may be false, so a failure for it proves nothing
        is_of_address = verdict in (SpfVerdict.FAIL, SpfVerdict.SOFTFAIL, SpfVerdict.NEUTRAL)
        return None if is_of_address and facts.vantage.rests_on_one_word else False
    return is_aligned


def may_pass_by_spf(facts: Facts) -> bool:
    """SPF carries DMARC, or DNS left open whether it does: what SPF makes harmless is no error then."""
    return facts.sender.spf is not None and spf_path(facts) is not False


def is_dkim_unanswered(facts: Facts) -> bool:
    """No aligned key is known, and DNS gave no usable answer about one that was asked for."""
    if facts.sender.alignment.dkim is True:
        return False
    return any(key.status is KeyStatus.UNKNOWN for key in facts.sender.dkim)


def dkim_path(facts: Facts) -> bool | None:
    """A signature of an aligned domain verifies; without the message: could verify."""
    if facts.message is not None:
        dmarc = facts.sender.dmarc
        sound = [s for s in facts.message.signatures if s.verdict is not SignatureVerdict.FAIL]
        aligned_signatures = [s for s in sound if signature_aligns(dmarc, s)]
        if any(s.verdict is SignatureVerdict.PASS for s in aligned_signatures):
            return True
        return None if aligned_signatures or any(may_align(dmarc, s) for s in sound) else False
    keys = [k for k in facts.sender.dkim if k.is_named]
    unusable = (KeyStatus.MISSING, KeyStatus.REVOKED, KeyStatus.MALFORMED, KeyStatus.UNUSABLE)
    if keys and all(k.status in unusable for k in keys):
        return False
    if not keys and not any(k.status is KeyStatus.VALID for k in facts.sender.dkim):
        return None  # guessed selectors that do not exist prove nothing
    return facts.sender.alignment.dkim


def signature_aligns(result: DmarcResult | None, signature: SignatureResult) -> bool:
    """RFC 9989 section 4.4.1: the same domain when strict, the same organizational domain when relaxed."""
    if result is None:
        return False
    if result.record is not None and result.record.adkim == "s":
        return signature.domain == result.author_domain
    organization = result.organizational_domain
    return _is_within(signature.domain, organization)


def may_align(result: DmarcResult | None, signature: SignatureResult) -> bool:
    """Whether DNS did not answer for a name above both domains: the record there would make them one
    organization (RFC 9989 section 4.10.2)."""
    if result is None or (result.record is not None and result.record.adkim == "s"):
        return False
    names = [why.host.removeprefix("_dmarc.") for why in result.unanswered]
    return any(_is_within(signature.domain, it) and _is_within(result.author_domain, it) for it in names)


def _is_within(domain: str, parent: str) -> bool:
    return domain == parent or domain.endswith(f".{parent}")
