"""Has the sending address a reverse name that leads back to it?

Looks up the PTR of the address and the A or AAAA of each name that it gives; one must lead back (forward-
confirmed reverse DNS). Many receivers refuse an address without; it is an error where the recipient's
provider is known to ask for it.

What to do: whoever provides the address (hosting company, carrier) sets its PTR to the host name of the
sending server, and that name gets an A or AAAA record with the address.
Source: RFC 1912 section 2.1; RFC 8601 section 2.7.3 (iprev); the providers' sender requirements.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.public_address import why_not_public
from probe.checks.judging.wording import Voice, not_looked_at, series, source_address
from probe.facts.model import Facts
from probe.knowledge.requirements import Need, for_provider
from probe.model.dialable import is_private
from probe.model.finding import Finding, Severity
from probe.standards.dns.results import PtrResult, PtrStatus

ID = "ptr"
STEP = 2
say = Voice(ID, STEP, ("RFC 1912 section 2.1", "RFC 8601 section 2.7.3"))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding on forward-confirmed reverse DNS of the source address."""
    ptr = facts.sender.ptr
    if ptr is None:
        yield say.not_assessed(f"PTR: {not_looked_at(facts)}")
        return
    address = source_address(facts)
    evidence = [answer.ref for answer in ptr.answers]
    demanded = _demanded_by(facts)
    severity = Severity.ERROR if demanded else Severity.WARNING
    asks = f"; {demanded} asks for one" if demanded else ""
    private = why_not_public(facts, ptr.ip) if is_private(ptr.ip) else None
    helo = facts.vantage.helo
    name = helo if "." in helo and not helo.startswith("[") else "mail.example.com"
    match ptr.status:
        case PtrStatus.CONFIRMED:
            yield say.ok(f"{address} is {series(ptr.confirmed)}, and that name leads back to it", evidence)
        case PtrStatus.MISSING if private and not facts.options.allow_private:
            yield say.not_assessed(
                f"PTR of {address}: it is {private}, whose reverse names no receiver outside can look up",
                evidence,
                "Give the public address that your mail leaves from with --ip.",
            )
        case PtrStatus.MISSING:
            yield say.of(
                severity,
                f"{address} has no reverse name (PTR){asks}",
                evidence,
                f"Have the provider of the address set the PTR of {ptr.ip} to the sending host's name, "
                f"e.g. {name}, and give that name an address record of {ptr.ip}.",
            )
        case PtrStatus.MISMATCH:
            yield say.of(
                severity,
                f"{address} has {_not_confirmed(ptr)}{asks}",
                evidence,
                f"Give {(ptr.names or (name,))[0]} an address record of {ptr.ip}, or change the PTR.",
            )
        case PtrStatus.UNKNOWN:
            why = series((f"{a.question}: {a.failure}" for a in ptr.answers if a.is_unknown), most=3)
            yield say.not_assessed(f"PTR of {address}: no usable answer from DNS ({why})", evidence)


def _not_confirmed(ptr: PtrResult) -> str:
    all_names = ptr.answers[0].names() if ptr.answers else ptr.names
    if len(ptr.names) < len(all_names) and ptr.names:
        return (
            f"{len(all_names)} reverse names; the first {len(ptr.names)} do not lead back to it, the others "
            "were not looked at"
        )
    return f"the reverse name {series(ptr.names) or ptr.first_name}, which does not lead back to it"


def _demanded_by(facts: Facts) -> str:
    provider = facts.recipient.provider
    ip = facts.vantage.source_ip
    if provider is None or ip is None:
        return ""
    asked = [
        it
        for it in for_provider(provider.id)
        if Need.FCRDNS in it.needs
        and (it.applies_to == "all" or (it.applies_to == "ipv6" and ip.version == 6))
    ]
    return provider.title if asked else ""
