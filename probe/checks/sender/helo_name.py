"""Is the EHLO name a host name that resolves to the sending address?

The argument of EHLO must be the sender's fully qualified host name, which resolves. Some receivers refuse a
bare word, a name that does not exist or is one of the local network alone (.local), or an address literal.

What to do: set the sending server's host name to a name with an A or AAAA record of the sending address
(Postfix: myhostname or smtp_helo_name), the same as its PTR; for this probe: --helo NAME.
Source: RFC 5321 sections 2.3.5, 4.1.1.1 and 4.1.4.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Values, Voice, failures, why_not_looked_at
from probe.facts.gaps import Fact
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
        yield say("helo-not-looked-at", why=why_not_looked_at(facts, Fact.HELO))
        return
    values: Values = {"helo": helo.name, "reason": facts.vantage.helo_reason}
    evidence = [answer.ref for answer in helo.answers]
    if helo.is_literal:
        yield say("helo-literal", evidence, **values)
    elif not helo.is_fqdn:
        yield say("helo-not-qualified", evidence, **values)
    elif reason := why_never_global(normal(helo.name)):
        yield say("helo-special-use", evidence, kind=reason, **values)
    elif helo.resolves is False:
        yield say("helo-not-resolving", evidence, **values)
    elif helo.resolves is None:
        yield say("helo-unanswered", evidence, **values, **failures(helo.answers))
    elif _leads_elsewhere(helo, facts):
        # RFC 5321 section 4.1.4 forbids refusing mail for this alone, so it is only a notice
        yield say("helo-of-other-address", evidence, ip=facts.vantage.outside_ip, **values)
    elif helo.equals_ptr is False:
        yield say("helo-not-ptr-name", evidence, ip=facts.vantage.source_ip, **values)
    else:
        yield say("helo-resolves", evidence, **values)


def _leads_elsewhere(helo: HeloResult, facts: Facts) -> bool:
    """The name does not resolve to the address that servers see the probe at. EHLO comes from the probe
    whatever --ip says; with --ip the name may be the sender's."""
    return helo.matches_source is False and facts.vantage.source_ip not in helo.addresses
