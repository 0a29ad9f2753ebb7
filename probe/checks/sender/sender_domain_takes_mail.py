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

from probe.checks.judging.wording import Voice, not_looked_at, series
from probe.checks.recipient.recipient_domain_exists import failures
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.dns.results import MxResult, RouteKind

ID = "sender-domain-takes-mail"
STEP = 2
say = Voice(ID, STEP, ("RFC 7505 section 4.2", "RFC 5321 section 4.4"))

_REMEDY = "Publish an MX record for {domain}, or send with a reverse-path of a domain that takes mail."


def check(facts: Facts) -> Iterator[Finding]:
    """One finding on the route back to the sender."""
    mail = facts.sender.mail
    if mail is None:
        yield say.not_assessed(f"mail to the sender: {not_looked_at(facts)}")
        return
    evidence = [answer.ref for answer in mail.answers]
    remedy = _REMEDY.format(domain=mail.domain)
    match mail.kind:
        case RouteKind.NO_DOMAIN:
            yield say.error(
                f"the sender domain {mail.domain} does not exist (NXDOMAIN)",
                evidence,
                f"Correct the sender address, or register {mail.domain}: no record helps before it exists.",
            )
        case RouteKind.NULL_MX:
            yield say.error(
                f"the sender domain {mail.domain} declares that it takes no mail (null MX)", evidence, remedy
            )
        case RouteKind.NO_MAIL_HOST:
            yield say.error(
                f"the sender domain {mail.domain} has neither MX nor address, so it takes no mail",
                evidence,
                remedy,
            )
        case RouteKind.UNKNOWN:
            yield say.not_assessed(f"mail to {mail.domain}: {failures(mail)}", evidence)
        case _:
            yield _routed(mail, evidence, remedy)


def _routed(mail: MxResult, evidence: list[str], remedy: str) -> Finding:
    if mail.hosts and all(host.is_dangling for host in mail.hosts):
        if mail.dropped:
            return say.not_assessed(
                f"the first {len(mail.hosts)} MX hosts of the sender domain {mail.domain} have no address, "
                f"and {mail.dropped} more were not looked at",
                evidence,
                remedy,
            )
        return say.error(
            f"no MX host of the sender domain {mail.domain} has an address: "
            f"{series(host.host for host in mail.hosts)}",
            [*evidence, *(answer.ref for host in mail.hosts for answer in host.answers)],
            remedy,
        )
    if mail.hosts and not any(host.addresses for host in mail.hosts):
        return say.not_assessed(f"mail to {mail.domain}: {failures(mail)}", evidence)
    if mail.kind is RouteKind.IMPLICIT_MX:
        return say.notice(
            f"the sender domain {mail.domain} has no MX record, only an address (implicit MX)",
            evidence,
            f"Publish an MX record for {mail.domain}.",
        )
    return say.ok(f"the sender domain {mail.domain} takes mail", evidence)
