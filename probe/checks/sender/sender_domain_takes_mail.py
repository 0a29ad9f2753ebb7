"""Can the sender's domain take mail itself?

Bounces and replies go to the reverse-path. A receiver may look whether that domain has an MX or an address,
or call back; a domain that does not exist or declares with a null MX that it takes no mail is refused as
sender (5.1.8, 5.7.27).

What to do: publish an MX record for the sender's domain that leads to a server which takes its mail, or use
a reverse-path of a domain that has one.
Source: RFC 5321 sections 3.6.2 and 4.4; RFC 7505 section 4.2; RFC 7372.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice, failures, why_not_looked_at
from probe.facts.gaps import Fact
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.dns.results import MxResult, RouteKind

ID = "sender-domain-takes-mail"
STEP = 2
say = Voice(ID, STEP, ("RFC 7505 section 4.2", "RFC 5321 section 4.4"))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding on the route back to the sender."""
    mail = facts.sender.mail
    if mail is None:
        yield say("sender-route-not-looked-at", why=why_not_looked_at(facts, Fact.MAIL))
        return
    evidence = [answer.ref for answer in mail.answers]
    match mail.kind:
        case RouteKind.NO_DOMAIN:
            yield say("sender-domain-missing", evidence, domain=mail.domain)
        case RouteKind.NULL_MX:
            yield say("sender-domain-null-mx", evidence, domain=mail.domain)
        case RouteKind.NO_MAIL_HOST:
            yield say("sender-domain-no-mail-host", evidence, domain=mail.domain)
        case RouteKind.UNKNOWN:
            yield _unanswered(mail, evidence)
        case _:
            yield _routed(mail, evidence)


def _unanswered(mail: MxResult, evidence: list[str]) -> Finding:
    return say("sender-route-unanswered", evidence, domain=mail.domain, **failures(mail.all_answers))


def _routed(mail: MxResult, evidence: list[str]) -> Finding:
    hosts = [host.host for host in mail.hosts]
    if mail.hosts and all(host.is_dangling for host in mail.hosts):
        if mail.dropped:
            return say(
                "sender-mx-partly-looked-at",
                evidence,
                domain=mail.domain,
                count=len(hosts),
                more=mail.dropped,
            )
        refs = [answer.ref for answer in mail.all_answers]
        return say("sender-mx-dangling", [*evidence, *refs], domain=mail.domain, hosts=hosts)
    if mail.hosts and not any(host.addresses for host in mail.hosts):
        return _unanswered(mail, evidence)
    if mail.kind is RouteKind.IMPLICIT_MX:
        return say("sender-implicit-mx", evidence, domain=mail.domain)
    return say("sender-domain-takes-mail", evidence, domain=mail.domain)
