"""Does SPF permit the sending address to use its EHLO name?

Evaluates check_host for the EHLO name. Receivers look at it first, and for notifications with the null
reverse-path it is the only SPF identity. Having no record is usual and harmless.

What to do: publish at the EHLO name the TXT record "v=spf1 a -all" when its A or AAAA record is the sending
address.
Source: RFC 7208 sections 2.3 and 2.4.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice, has_null_sender, source, why_not_looked_at
from probe.facts.gaps import Fact
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.spf.results import SpfVerdict

ID = "spf-helo"
STEP = 2
say = Voice(ID, STEP, ("RFC 7208 section 2.3",))

_TAGS = {
    SpfVerdict.PASS: "spf-helo-pass",
    SpfVerdict.NONE: "spf-helo-none",
    SpfVerdict.NEUTRAL: "spf-helo-neutral",
    SpfVerdict.FAIL: "spf-helo-fail-of-chosen-name",
    SpfVerdict.SOFTFAIL: "spf-helo-softfail",
    SpfVerdict.PERMERROR: "spf-helo-permerror",
    SpfVerdict.TEMPERROR: "spf-helo-temperror",
}


def check(facts: Facts) -> Iterator[Finding]:
    """fail is graver if the name was given with --helo, or is the only identity (null reverse-path)."""
    result = facts.sender.spf_helo
    if result is None:
        yield say("spf-helo-not-looked-at", why=why_not_looked_at(facts, Fact.SPF_HELO))
        return
    is_relevant = has_null_sender(facts) or facts.options.helo is not None
    tag = "spf-helo-fail" if is_relevant and result.verdict is SpfVerdict.FAIL else _TAGS[result.verdict]
    yield say(
        tag,
        result.evidence,
        domain=result.domain,
        term=result.matched,
        problem=result.why,
        **source(facts) | {"ip": result.ip},
    )
