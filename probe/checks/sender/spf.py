"""Does SPF permit the sending address to use the sender's domain?

Evaluates check_host for the reverse-path's domain and the address that mail leaves from (--ip, else the one
this probe connects from). fail means that the domain's owner asks receivers to refuse. softfail and neutral
leave it to them. permerror means that the record cannot be used; it is an error unless DMARC can pass by DKIM
instead, or DNS leaves that open, and receivers that require SPF treat it as no SPF. temperror means that DNS
gave no usable answer; it is nobody's fault yet.

What to do: the owner of the sender's domain adds the address, or the include of the service that sends, to
the one TXT record that begins with v=spf1.
Source: RFC 7208 sections 2.6, 4.6 and 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from probe.checks.judging.dmarc_paths import is_dkim_unanswered
from probe.checks.judging.wording import Voice, is_missing, source, why_not_looked_at
from probe.facts.gaps import Fact
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.spf.results import SpfResult, SpfVerdict

ID = "spf"
STEP = 2
say = Voice(ID, STEP, ("RFC 7208 section 2.6",))

_TAGS = {
    SpfVerdict.PASS: "spf-pass",
    SpfVerdict.FAIL: "spf-fail",
    SpfVerdict.SOFTFAIL: "spf-softfail",
    SpfVerdict.NEUTRAL: "spf-neutral",
    SpfVerdict.NONE: "spf-none",
    SpfVerdict.PERMERROR: "spf-permerror",
    SpfVerdict.TEMPERROR: "spf-temperror",
}


def check(facts: Facts) -> Iterator[Finding]:
    """One finding on the result of check_host for MAIL FROM."""
    result = facts.sender.spf
    if result is None:
        yield say("spf-not-looked-at", why=why_not_looked_at(facts, Fact.SPF))
        return
    yield say(
        _tag(result, facts),
        result.evidence,
        domain=result.domain,
        term=result.matched,
        mechanism=_mechanism(result),
        explanation=result.explanation,
        problem=result.why,
        **source(facts) | {"ip": result.ip},
    )


def _tag(result: SpfResult, facts: Facts) -> str:
    if result.verdict is SpfVerdict.NONE and is_missing(facts, result.domain):
        return "spf-none-of-missing-domain"
    if result.verdict is SpfVerdict.PERMERROR and facts.sender.alignment.dkim is True:
        return "spf-permerror-dkim-carries"
    if result.verdict is SpfVerdict.PERMERROR and is_dkim_unanswered(facts):
        return "spf-permerror-dkim-not-known"
    return _TAGS[result.verdict]


def _mechanism(result: SpfResult) -> str:
    """The term that permits the address."""
    return f"ip4:{result.ip}" if isinstance(result.ip, IPv4Address) else f"ip6:{result.ip}"
