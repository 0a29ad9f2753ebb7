"""Has the sending address a reverse name that resolves back to it?

Looks up the PTR of the address and the A or AAAA of each name in it; one must resolve to the address
(forward-confirmed reverse DNS). Many receivers refuse an address without one; it is an error where the
recipient's provider is known to ask for it.

What to do: whoever provides the address (hosting company, carrier) sets its PTR to the host name of the
sending server, and that name gets an A or AAAA record with the address.
Source: RFC 1912 section 2.1; RFC 8601 section 2.7.3 (iprev); the providers' sender requirements.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.public_address import why_not_public
from probe.checks.judging.wording import Voice, failures, source, why_not_looked_at
from probe.facts.gaps import Fact
from probe.facts.model import Facts
from probe.knowledge.requirements import Need, for_provider
from probe.model.dialable import is_private
from probe.model.finding import Finding
from probe.standards.dns.results import PtrResult, PtrStatus
from probe.wording.spoken import Clause, clause

ID = "ptr"
STEP = 2
say = Voice(ID, STEP, ("RFC 1912 section 2.1", "RFC 8601 section 2.7.3"))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding on forward-confirmed reverse DNS of the source address."""
    ptr = facts.sender.ptr
    if ptr is None:
        yield say("ptr-not-looked-at", why=why_not_looked_at(facts, Fact.PTR))
        return
    provider, kind = _demanded_by(facts), _kind_of_private(ptr, facts)
    values = source(facts) | {"ip": ptr.ip}
    evidence = [answer.ref for answer in ptr.answers]
    match ptr.status:
        case PtrStatus.CONFIRMED:
            yield say("ptr-confirmed", evidence, names=ptr.confirmed, **values)
        case PtrStatus.MISSING if kind:
            yield say("ptr-of-private-address", evidence, kind=kind, **values)
        case PtrStatus.MISSING:
            tag = "ptr-missing-demanded" if provider else "ptr-missing"
            yield say(tag, evidence, name=_name_to_give(facts), provider=provider, **values)
        case PtrStatus.MISMATCH:
            all_names = ptr.answers[0].names() if ptr.answers else ptr.names
            yield say(
                "ptr-mismatch-demanded" if provider else "ptr-mismatch",
                evidence,
                names=ptr.names or (ptr.first_name,),
                count=len(all_names),
                looked_at=len(ptr.names),
                left_out=max(0, len(all_names) - len(ptr.names)) if ptr.names else 0,
                name=(ptr.names or (_name_to_give(facts),))[0],
                provider=provider,
                **values,
            )
        case PtrStatus.UNKNOWN:
            yield say("ptr-unanswered", evidence, **failures(ptr.answers), **values)


def _kind_of_private(ptr: PtrResult, facts: Facts) -> Clause | None:
    """The kind of a non-public address, which has no public reverse name; None if it is public, or if such
    addresses were allowed by an option."""
    if not is_private(ptr.ip) or facts.options.allow_private:
        return None
    kind = why_not_public(facts, ptr.ip)
    return clause(kind) if kind is not None else None


def _name_to_give(facts: Facts) -> str:
    """The sending host's name where the EHLO name is one, else an example."""
    helo = facts.vantage.helo
    return helo if "." in helo and not helo.startswith("[") else "mail.example.com"


def _demanded_by(facts: Facts) -> str:
    provider = facts.recipient.provider
    ip = facts.vantage.source_ip
    if provider is None or ip is None:
        return ""
    providers = [
        it
        for it in for_provider(provider.id)
        if Need.FCRDNS in it.needs
        and (it.applies_to == "all" or (it.applies_to == "ipv6" and ip.version == 6))
    ]
    return provider.title if providers else ""
