"""Does the DKIM signature of the message verify?

Verifies every DKIM-Signature of --message against the published key. A message taken from a mailbox may have
been changed on the way; take it from the sending program or the outgoing server.

A DKIM2-Signature is told but not verified: DKIM2 is an Internet-Draft, and it is no DKIM signature.

What to do: when the body hash differs, something changes the message after signing (footer, virus scanner,
line wrapping): sign last. When the key is not found, publish it.
Source: RFC 6376 sections 3.7, 6.1 and 6.3; RFC 8463; draft-gondwana-dkim2-header.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.dmarc_paths import enforces, signature_aligns, spf_path
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding, Severity
from probe.reading.message.results import MessageFacts, SignatureResult
from probe.standards.dkim.results import key_name

ID = "message-dkim-signature"
STEP = 5
say = Voice(ID, STEP, ("RFC 6376 section 6.1",))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each failing signature; how grave follows from DMARC and the other signatures."""
    message = facts.message
    if message is None:
        return
    yield from _of_dkim(facts, message)
    if message.has_dkim2:
        yield say.notice(
            "the message has a DKIM2-Signature; it is not verified, because DKIM2 is a draft, and it does "
            "not count as a DKIM signature",
            ("message",),
        )


def _of_dkim(facts: Facts, message: MessageFacts) -> Iterator[Finding]:
    signatures = message.signatures
    if not signatures:
        yield say.warning(
            "the message has no DKIM signature",
            ("message",),
            "Sign outgoing mail with DKIM for the domain of the From header; if the outgoing server signs, "
            "take the message after it.",
        )
        return
    passing = [s for s in signatures if s.verdict == "pass"]
    for signature in signatures:
        if signature.verdict == "fail":
            yield _failed(facts, signature, others_pass=bool(passing))
    if passing:
        names = ", ".join(f"d={s.domain} s={s.selector}" for s in passing)
        if len(passing) == len(signatures):
            yield say.ok(f"the DKIM signature verifies ({names})", ("message",))
    elif not any(s.verdict == "fail" for s in signatures):
        why = signatures[0].problem or "the key could not be fetched"
        yield say.not_assessed(f"the DKIM signature could not be verified: {why}", ("message",))


def _failed(facts: Facts, signature: SignatureResult, *, others_pass: bool) -> Finding:
    carries_dmarc = (
        enforces(facts.sender.dmarc)
        and signature_aligns(facts.sender.dmarc, signature)
        and not spf_path(facts)
    )
    alone = Severity.ERROR if carries_dmarc else Severity.WARNING
    severity = Severity.NOTICE if others_pass else alone
    demanded = f", and DMARC ({facts.sender.dmarc.applied_policy}) depends on it" if (
        facts.sender.dmarc and severity is Severity.ERROR
    ) else ""  # fmt: skip
    return say.of(
        severity,
        f"the DKIM signature d={signature.domain} s={signature.selector} fails "
        f"({signature.problem or 'no reason given'}){demanded}",
        ("message", f"dns:TXT:{key_name(signature.domain, signature.selector)}"),
        "Sign after everything that changes the message, and publish the key that signs.",
    )
