"""Are the MX records of the recipient's domain correct?

Looks at the MX records: a null MX (the domain takes no mail), none at all (then the domain's own address
is the mail host, the implicit MX), hosts without an address, hosts that are an alias or a bare address,
a null MX among others or with a preference, and more records than a sender looks at.

What to do: the owner of the domain publishes MX records that name hosts (not addresses, not aliases) which
have A or AAAA records; for a null MX, write to another address of the person.
Source: RFC 5321 section 5.1; RFC 7505 sections 3 and 4; RFC 2181 section 10.3; RFC 1035 section 3.3.9.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe.checks.judging.wording import Voice, failures
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.dns import names
from probe.standards.dns.results import MxHost, MxResult, RouteKind

ID = "recipient-mx"
STEP = 2
say = Voice(ID, STEP, ("RFC 5321 section 5.1", "RFC 7505 section 3"))


def check(facts: Facts) -> Iterator[Finding]:
    """Fatal where no mail can be routed, a warning for each fault of a record, else ok."""
    mx = facts.recipient.mx
    evidence = _own_refs(mx)
    match mx.kind:
        case RouteKind.NULL_MX:
            yield say(_null(mx), evidence, domain=mx.domain, preference=mx.null_mx_preference)
        case RouteKind.NO_MAIL_HOST:
            yield say("recipient-no-mail-host", evidence, domain=mx.domain)
        case RouteKind.NO_DOMAIN:
            yield say("recipient-mx-of-missing-domain", evidence, domain=mx.domain)
        case RouteKind.UNKNOWN:
            yield say("recipient-mx-unanswered", evidence, domain=mx.domain, **failures(mx.all_answers))
        case RouteKind.ADDRESS_LITERAL | RouteKind.FIXED:
            yield say("recipient-mx-not-used", evidence)
        case RouteKind.IMPLICIT_MX | RouteKind.MX:
            faults = [*_without_address(mx), *_misnamed(mx), *_records(mx)]
            yield from faults or [_named(mx, evidence)]
            yield from _half_known(mx)


def _null(mx: MxResult) -> str:
    if mx.has_null_mx_among_others:
        return "recipient-null-mx-among-others"
    return "recipient-null-mx-preferred" if mx.null_mx_preference else "recipient-null-mx"


def _named(mx: MxResult, evidence: list[str]) -> Finding:
    return say(
        "recipient-mx-named",
        evidence,
        domain=mx.domain,
        hosts=_hosts(mx.hosts),
        preferences=[host.preference for host in mx.hosts],
    )


def _half_known(mx: MxResult) -> Iterator[Finding]:
    """Address look-ups without a usable answer, if other addresses of the domain are usable."""
    answers = [answer for host in mx.hosts for answer in host.answers if answer.is_unknown]
    if answers and any(host.addresses for host in mx.hosts):
        evidence = [answer.ref for answer in answers]
        yield say("recipient-mx-partly-unanswered", evidence, domain=mx.domain, **failures(answers))


def _without_address(mx: MxResult) -> Iterator[Finding]:
    hosts = [host for host in mx.hosts if host.is_dangling and not host.is_literal]
    none_usable = mx.hosts and all(host.is_dangling or host.is_literal for host in mx.hosts)
    everything = [*_own_refs(mx), *_refs(mx.hosts)]
    if none_usable and not mx.dropped:
        yield say("recipient-mx-all-dangling", everything, domain=mx.domain, hosts=_hosts(mx.hosts))
    elif hosts:
        yield say("recipient-mx-dangling", _refs(hosts), domain=mx.domain, hosts=_hosts(hosts))
    elif mx.hosts and not any(host.addresses for host in mx.hosts):
        yield say(
            "recipient-mx-addresses-unanswered", everything, domain=mx.domain, **failures(mx.all_answers)
        )


def _misnamed(mx: MxResult) -> Iterator[Finding]:
    """Records that do not name a host, and the missing record of an implicit MX."""
    evidence = _own_refs(mx)
    if mx.kind is RouteKind.IMPLICIT_MX:
        yield say("recipient-implicit-mx", evidence, domain=mx.domain)
    literals = [host for host in mx.hosts if host.is_literal]
    if literals:
        yield say("recipient-mx-address", evidence, domain=mx.domain, hosts=_hosts(literals))
    hosts = [host for host in mx.hosts if not host.is_literal and not names.is_fqdn(host.host)]
    if hosts and mx.kind is RouteKind.MX:
        yield say("recipient-mx-no-host-name", evidence, domain=mx.domain, hosts=_hosts(hosts))
    aliases = [host for host in mx.hosts if host.is_alias]
    if aliases:
        refs = [*evidence, *_refs(aliases)]
        yield say("recipient-mx-alias", refs, domain=mx.domain, hosts=_hosts(aliases))


def _records(mx: MxResult) -> Iterator[Finding]:
    """What is wrong with the records as a set."""
    if mx.has_null_mx_among_others:
        yield say("recipient-null-mx-ignored", _own_refs(mx), domain=mx.domain)
    if mx.dropped:
        yield say(
            "recipient-mx-not-all-looked-at",
            _own_refs(mx),
            domain=mx.domain,
            count=len(mx.hosts),
            more=mx.dropped,
        )


def _hosts(hosts: Sequence[MxHost]) -> list[str]:
    return [host.host for host in hosts]


def _own_refs(mx: MxResult) -> list[str]:
    return [answer.ref for answer in mx.answers]


def _refs(hosts: Sequence[MxHost]) -> list[str]:
    return [answer.ref for host in hosts for answer in host.answers]
