"""Does SPF permit the sending address to use its EHLO name?

Evaluates check_host for the EHLO name. Receivers look at it first, and for notifications with the null
reverse-path it is the only SPF identity there is. No record is usual and harmless.

What to do: publish at the EHLO name the TXT record "v=spf1 a -all" when its A or AAAA record is the sending
address.
Source: RFC 7208 sections 2.3 and 2.4.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice, has_null_sender, not_looked_at, source_address
from probe.facts.model import Facts
from probe.model.finding import Finding, Severity
from probe.standards.spf.results import SpfVerdict

ID = "spf-helo"
STEP = 2
say = Voice(ID, STEP, ("RFC 7208 section 2.3",))


def check(facts: Facts) -> Iterator[Finding]:
    """fail is an error where the name was given, or is the only identity (null reverse-path)."""
    result = facts.sender.spf_helo
    if result is None:
        yield say.not_assessed(f"SPF of the EHLO name: {not_looked_at(facts)}")
        return
    subject = f"SPF of the EHLO name {result.domain} for {source_address(facts)}"
    matched = f" (matched {result.matched})" if result.matched else ""
    remedy = f'Publish at {result.domain} a record that permits the address, e.g. "v=spf1 a -all".'
    match result.verdict:
        case SpfVerdict.PASS:
            yield say.ok(f"{subject}: pass{matched}", result.evidence)
        case SpfVerdict.NONE | SpfVerdict.NEUTRAL:
            yield say.ok(f"{subject}: {result.verdict}, which no receiver minds", result.evidence)
        case SpfVerdict.FAIL:
            grave = has_null_sender(facts) or facts.options.helo is not None
            yield say.of(
                Severity.ERROR if grave else Severity.WARNING,
                f"{subject}: fail{matched}",
                result.evidence,
                remedy,
            )
        case SpfVerdict.SOFTFAIL:
            yield say.notice(f"{subject}: softfail{matched}", result.evidence, remedy)
        case SpfVerdict.PERMERROR:
            yield say.warning(
                f"{subject}: permerror ({result.problem})",
                result.evidence,
                f"Mend the SPF record of {result.domain}.",
            )
        case SpfVerdict.TEMPERROR:
            yield say.not_assessed(
                f"{subject}: temperror, no usable answer from DNS ({result.problem or 'no reason given'})",
                result.evidence,
            )
