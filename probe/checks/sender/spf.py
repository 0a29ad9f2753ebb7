"""Does SPF permit the sending address to use the sender's domain?

Evaluates check_host for the reverse-path's domain and the address that mail leaves from (--ip, else the one
this probe connects from). fail means that the domain's owner asks receivers to refuse. softfail and neutral
leave it to them. permerror means that the record cannot be used; it counts as an error unless a DKIM key can
carry DMARC instead, and receivers that demand SPF treat it as no SPF at all. temperror is nobody's fault yet:
DNS gave no usable answer.

What to do: the owner of the sender's domain adds the address, or the include of the service that sends, to
the one TXT record that begins with v=spf1.
Source: RFC 7208 sections 2.6, 4.6 and 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from probe.checks.judging.wording import Voice, is_missing, not_looked_at, source_address
from probe.facts.model import Facts
from probe.model.finding import Finding, Severity
from probe.standards.spf.results import SpfResult, SpfVerdict

ID = "spf"
STEP = 2
say = Voice(ID, STEP, ("RFC 7208 section 2.6",))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding on the result of check_host for MAIL FROM."""
    result = facts.sender.spf
    if result is None:
        yield say.not_assessed(f"SPF: {not_looked_at(facts)}")
        return
    subject = f"SPF of {result.domain} for {source_address(facts)}"
    matched = f" (matched {result.matched})" if result.matched else ""
    evidence = result.evidence
    match result.verdict:
        case SpfVerdict.PASS:
            yield say.ok(f"{subject}: pass{matched}", evidence)
        case SpfVerdict.FAIL:
            yield say.error(f"{subject}: fail{matched}{_said(result)}", evidence, _permit(result))
        case SpfVerdict.SOFTFAIL:
            yield say.warning(f"{subject}: softfail{matched}", evidence, _permit(result))
        case SpfVerdict.NEUTRAL:
            yield say.warning(
                f"{subject}: neutral{matched}, the record says nothing of it", evidence, _permit(result)
            )
        case SpfVerdict.NONE if is_missing(facts, result.domain):
            yield say.warning(f"{subject}: none, {result.domain} does not exist", evidence)
        case SpfVerdict.NONE:
            yield say.warning(
                f"{subject}: none, {result.domain} publishes no SPF record",
                evidence,
                f"Publish at {result.domain} the TXT record: v=spf1 {_mechanism(result)} -all "
                "(with the other addresses and services that send for the domain).",
            )
        case SpfVerdict.PERMERROR:
            carried = facts.sender.alignment.dkim is True
            yield say.of(
                Severity.WARNING if carried else Severity.ERROR,
                f"{subject}: permerror, the record cannot be used ({result.problem or 'no reason given'})",
                evidence,
                f"Mend the SPF record of {result.domain}: until then it protects and permits nothing.",
            )
        case SpfVerdict.TEMPERROR:
            yield say.not_assessed(
                f"{subject}: temperror, no usable answer from DNS ({result.problem or 'no reason given'})",
                evidence,
                "Try again; if it stays so, the DNS servers of the domain need looking after.",
            )


def _mechanism(result: SpfResult) -> str:
    return f"ip4:{result.ip}" if isinstance(result.ip, IPv4Address) else f"ip6:{result.ip}"


def _permit(result: SpfResult) -> str:
    return (
        f"If {result.ip} sends for {result.domain}, add {_mechanism(result)} to its SPF record before the "
        "all term; otherwise send through a server that the record names."
    )


def _said(result: SpfResult) -> str:
    return f'; the domain explains: "{result.explanation}"' if result.explanation else ""
