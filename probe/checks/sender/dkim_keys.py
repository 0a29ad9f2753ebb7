"""Are the sender's DKIM keys published?

Looks up the key records of the selectors that were given (--selector), that the message names, that the
sender's provider is known to use, and the common ones. A key that is missing under a guessed selector proves
nothing: selectors cannot be listed. Under a selector that was given, or that signed the message, it means
that every signature fails: an error, unless SPF carries DMARC.

What to do: publish the key that the signing server names, at SELECTOR._domainkey.DOMAIN; replace a revoked
key by a new selector.
Source: RFC 6376 sections 3.6.1 and 3.6.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.dmarc_paths import spf_path
from probe.checks.judging.wording import Voice, is_missing, not_looked_at, series
from probe.facts.model import Facts
from probe.model.finding import Finding, Severity
from probe.standards.dkim.results import KeyResult, KeyStatus

ID = "dkim-keys"
STEP = 2
say = Voice(ID, STEP, ("RFC 6376 section 3.6.1",))


def check(facts: Facts) -> Iterator[Finding]:
    """Faults of named selectors first; a guessed selector can only speak in favour."""
    keys = facts.sender.dkim
    if not keys:
        yield say.not_assessed(f"DKIM keys: {not_looked_at(facts)}")
        return
    grave = Severity.WARNING if spf_path(facts) else Severity.ERROR
    faults = [
        finding for key in keys for finding in _fault(key, grave, in_vain=is_missing(facts, key.domain))
    ]
    valid = [key for key in keys if key.status is KeyStatus.VALID]
    yield from faults
    if valid:
        yield from _testing(valid)
        if not faults:
            shown = series(f"{key.name} ({_kind(key)})" for key in valid)
            yield say.ok(f"a DKIM key is published: {shown}", (key.evidence for key in valid))
    elif not faults:
        unknown = [key for key in keys if key.status is KeyStatus.UNKNOWN]
        why = (
            f"no usable answer from DNS for {series(_told(key) for key in unknown)}"
            if unknown
            else f"none of the {len(keys)} selectors that were tried exists, and selectors cannot be listed"
        )
        yield say.not_assessed(
            f"DKIM of {keys[0].domain}: {why}",
            (key.evidence for key in unknown or keys[:3]),
            "Give --selector with the s= of a signed message, or --message FILE.",
        )


def _told(key: KeyResult) -> str:
    return f"{key.name} ({series(key.problems)})"


def _fault(key: KeyResult, grave: Severity, *, in_vain: bool) -> Iterator[Finding]:
    evidence = (key.evidence,)
    named = key.is_named
    if key.status in (KeyStatus.MALFORMED, KeyStatus.UNUSABLE):
        yield say.of(
            grave if named else Severity.WARNING,
            f"the DKIM key {key.name} cannot be used: {series(key.problems) or key.status}",
            evidence,
            "Publish the key again exactly as the signing server gives it.",
        )
    elif named and key.status is KeyStatus.MISSING:
        remedy = f"Publish the public key at {key.name}, or sign with a selector that is published."
        yield say.of(
            grave,
            f"there is no DKIM key at {key.name}: signatures with s={key.selector} fail",
            evidence,
            "" if in_vain else remedy,
        )
    elif named and key.status is KeyStatus.REVOKED:
        yield say.of(
            grave,
            f"the DKIM key {key.name} is revoked (empty p=): signatures with s={key.selector} fail",
            evidence,
            "Sign with a new selector, and publish its key.",
        )


def _testing(valid: list[KeyResult]) -> Iterator[Finding]:
    flagged = [key for key in valid if key.testing]
    if flagged:
        yield say.notice(
            f"the DKIM key {series(key.name for key in flagged)} carries the testing flag (t=y): "
            "receivers may treat its signatures as absent",
            (key.evidence for key in flagged),
            "Remove t=y once signing works.",
        )


def _kind(key: KeyResult) -> str:
    return " ".join(filter(None, (key.key_type, str(key.key_bits) if key.key_bits else "")))
