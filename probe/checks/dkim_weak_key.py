"""Are the sender's DKIM keys long enough?

An RSA key of fewer than 1024 bits must not be accepted by receivers, so its signatures count as none; one of
1024 is still accepted and should be replaced by 2048. Ed25519 keys have one length.

What to do: make a 2048-bit RSA key under a new selector, publish it, sign with it, and remove the old one
some days later.
Source: RFC 8301 sections 3.2 and 3.1; RFC 8463.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.dmarc_paths import spf_path
from probe.checks.wording import Voice, not_looked_at
from probe.facts.model import Facts
from probe.model.finding import Finding, Severity
from probe.standards.dkim.results import KeyStatus

ID = "dkim-weak-key"
STEP = 2
say = Voice(ID, STEP, ("RFC 8301 section 3.2",))


def check(facts: Facts) -> Iterator[Finding]:
    """Judge each RSA key whose length could be read."""
    if not facts.sender.dkim:
        yield say.not_assessed(f"DKIM key length: {not_looked_at(facts)}")
        return
    measured = [
        k for k in facts.sender.dkim if k.status in (KeyStatus.VALID, KeyStatus.UNUSABLE) and k.key_bits
    ]
    if not measured:
        yield say.not_assessed("DKIM key length: no valid key was found under the selectors that were tried")
        return
    weak = False
    for key in measured:
        if key.key_type != "rsa" or key.key_bits is None or key.key_bits >= 2048:
            continue
        weak = True
        remedy = "Sign with a 2048-bit key under a new selector."
        if key.key_bits < 1024:
            in_use = key.is_named and not spf_path(facts)
            yield say.of(
                Severity.ERROR if in_use else Severity.WARNING,
                f"the DKIM key {key.name} has {key.key_bits} bits: receivers must not accept fewer than 1024",
                (key.evidence,),
                remedy,
            )
        else:
            yield say.warning(
                f"the DKIM key {key.name} has {key.key_bits} bits; 2048 are recommended",
                (key.evidence,),
                remedy,
            )
    if not weak:
        yield say.ok("the DKIM keys that were found are long enough", (key.evidence for key in measured))
