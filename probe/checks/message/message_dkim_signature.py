"""Does the DKIM signature of the message verify?

Verifies every DKIM-Signature of --message against the published key. A message taken from a mailbox may have
been changed on the way; take it from the sending program or the outgoing server.

A DKIM2-Signature is reported but not verified: DKIM2 is an Internet-Draft, and such a field is not a DKIM
signature.

What to do: when the body hash differs, something changes the message after signing (footer, virus scanner,
line wrapping): sign last. When the key is not found, publish it.
Source: RFC 6376 sections 3.7, 6.1 and 6.3; RFC 8463; draft-gondwana-dkim2-header.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.dmarc_paths import enforces, may_pass_by_spf, signature_aligns
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.signing import SignatureVerdict
from probe.reading.message.results import MessageFacts, SignatureResult
from probe.standards.dkim.results import key_name

ID = "message-dkim-signature"
STEP = 5
say = Voice(ID, STEP, ("RFC 6376 section 6.1",))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each failing signature; its severity depends on DMARC and the other signatures."""
    message = facts.message
    if message is None:
        return
    yield from _of_dkim(facts, message)
    if message.has_dkim2:
        yield say("signature-dkim2", ("message",))


def _of_dkim(facts: Facts, message: MessageFacts) -> Iterator[Finding]:
    signatures = message.signatures
    if not signatures:
        yield say("signature-missing", ("message",))
        return
    passes = [s for s in signatures if s.verdict is SignatureVerdict.PASS]
    failures = [s for s in signatures if s.verdict is SignatureVerdict.FAIL]
    for signature in failures:
        yield _failed(facts, signature, others_pass=bool(passes))
    if len(passes) == len(signatures):
        domains, selectors = [s.domain for s in passes], [s.selector for s in passes]
        yield say("signature-verified", ("message",), domains=domains, selectors=selectors)
    elif not passes and not failures:
        yield say("signature-not-verifiable", ("message",), problem=signatures[0].problem)


def _failed(facts: Facts, signature: SignatureResult, *, others_pass: bool) -> Finding:
    dmarc = facts.sender.dmarc
    carries_dmarc = enforces(dmarc) and signature_aligns(dmarc, signature) and not may_pass_by_spf(facts)
    if others_pass:
        tag = "signature-failing-beside-others"
    else:
        tag = "signature-failing-dmarc-depends" if carries_dmarc else "signature-failing"
    return say(
        tag,
        ("message", f"dns:TXT:{key_name(signature.domain, signature.selector)}"),
        domain=signature.domain,
        selector=signature.selector,
        problem=signature.problem,
        policy=dmarc.applied_policy if dmarc else None,
    )
