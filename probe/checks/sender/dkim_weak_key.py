"""Are the sender's DKIM keys long enough?

An RSA key of fewer than 1024 bits must not be accepted by receivers, so its signatures count as none; one of
1024 is still accepted and should be replaced by 2048. Ed25519 keys have one length.

What to do: make a 2048-bit RSA key under a new selector, publish it, sign with it, and remove the old one
some days later.
Source: RFC 8301 sections 3.2 and 3.1; RFC 8463.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.dmarc_paths import may_pass_by_spf, spf_path
from probe.checks.judging.wording import Voice, why_not_looked_at
from probe.facts.gaps import Fact
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.dkim.key import ADVISED_RSA_BITS, MINIMUM_RSA_BITS
from probe.standards.dkim.results import KeyResult, KeyStatus

ID = "dkim-weak-key"
STEP = 2
say = Voice(ID, STEP, ("RFC 8301 section 3.2",))


def check(facts: Facts) -> Iterator[Finding]:
    """Judge each RSA key whose length could be read."""
    if not facts.sender.dkim:
        yield say("dkim-key-length-not-looked-at", why=why_not_looked_at(facts, Fact.DKIM))
        return
    keys = [k for k in facts.sender.dkim if k.status in (KeyStatus.VALID, KeyStatus.UNUSABLE) and k.key_bits]
    if not keys:
        yield say("dkim-key-length-not-measured")
        return
    weak = [
        _weak(key, key.key_bits, facts)
        for key in keys
        if key.key_type == "rsa" and key.key_bits and key.key_bits < ADVISED_RSA_BITS
    ]
    yield from weak or [say("dkim-keys-long-enough", (key.evidence for key in keys))]


def _weak(key: KeyResult, bits: int, facts: Facts) -> Finding:
    if bits >= MINIMUM_RSA_BITS:
        tag = "dkim-key-short"
    elif not key.is_named or spf_path(facts):
        tag = "dkim-key-too-short-not-needed"
    else:
        tag = "dkim-key-too-short-spf-not-known" if may_pass_by_spf(facts) else "dkim-key-too-short"
    return say(
        tag, (key.evidence,), key=key.name, bits=bits, minimum=MINIMUM_RSA_BITS, advised=ADVISED_RSA_BITS
    )
