"""Is the EHLO name a real host name that leads to the sending address?

The argument of EHLO must be the sender's fully qualified host name, which resolves. Some receivers refuse a
bare word, a name that does not exist or is one of the local network alone (.local), or an address literal.

What to do: set the sending server's host name to a name with an A or AAAA record of the sending address
(Postfix: myhostname or smtp_helo_name), the same as its PTR; for this probe: --helo NAME.
Source: RFC 5321 sections 2.3.5, 4.1.1.1 and 4.1.4.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice, not_looked_at, series
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.dns.names import normal
from probe.standards.dns.results import HeloResult
from probe.standards.dns.special_use import why_never_global

ID = "helo-name"
STEP = 2
say = Voice(ID, STEP, ("RFC 5321 section 4.1.1.1", "RFC 5321 section 2.3.5"))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding on the EHLO name that was used."""
    helo = facts.sender.helo
    if helo is None:
        yield say.not_assessed(f"EHLO name: {not_looked_at(facts)}")
        return
    chosen = f"the EHLO name {helo.name} ({facts.vantage.helo_reason})"
    evidence = [answer.ref for answer in helo.answers]
    remedy = "Give the sending server a host name that resolves to its address; for this probe, --helo NAME."
    if helo.is_literal:
        yield say.notice(f"{chosen} is an address literal, which some receivers refuse", evidence, remedy)
    elif not helo.is_fqdn:
        yield say.warning(f"{chosen} is not a fully qualified domain name", evidence, remedy)
    elif kept := why_never_global(normal(helo.name)):
        yield say.warning(f"{chosen} is {kept}, which no receiver can look up", evidence, remedy)
    elif helo.resolves is False:
        yield say.warning(f"{chosen} does not resolve", evidence, remedy)
    elif helo.resolves is None:
        why = series((f"{a.question}: {a.failure}" for a in helo.answers if a.is_unknown), most=2)
        yield say.not_assessed(
            f"{chosen}: DNS did not say whether it resolves{f' ({why})' if why else ''}", evidence
        )
    else:
        yield _resolving(helo, chosen, evidence, facts)


def _resolving(helo: HeloResult, chosen: str, evidence: list[str], facts: Facts) -> Finding:
    ip = facts.vantage.probe_ip  # the probe says EHLO, whatever --ip names
    leads_to_sender = facts.vantage.source_ip in helo.addresses  # with --ip the name may be the sender's
    if helo.matches_source is False and not leads_to_sender:
        # RFC 5321 section 4.1.4 forbids refusing for this alone, so it is no more than worth knowing
        return say.notice(f"{chosen} resolves, but not to {ip}", evidence)
    if helo.equals_ptr is False:
        return say.notice(
            f"{chosen} resolves, but is not the PTR name of {facts.vantage.source_ip}", evidence
        )
    return say.ok(f"{chosen} is a host name that resolves", evidence)
