"""Does the recipient's domain say rightly where its mail goes?

Looks at the MX records: a null MX (the domain takes no mail), none at all (then the domain's own address
is the mail host, the implicit MX), hosts without an address, hosts that are an alias or a bare address,
a null MX among others, and more records than a sender looks at.

What to do: the owner of the domain publishes MX records that name hosts (not addresses, not aliases) which
have A or AAAA records; for a null MX, write to another address of the person.
Source: RFC 5321 section 5.1; RFC 7505 sections 3 and 4; RFC 2181 section 10.3; RFC 1035 section 3.3.9.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice, series
from probe.checks.recipient.recipient_domain_exists import failures
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
    evidence = [answer.ref for answer in mx.answers]
    match mx.kind:
        case RouteKind.NULL_MX:
            yield say.fatal(
                f'{mx.domain} publishes a null MX ("0 ."): it declares that it takes no mail',
                evidence,
                "Use another address of the recipient; this domain will never accept mail.",
            )
        case RouteKind.NO_MAIL_HOST:
            yield say.fatal(
                f"{mx.domain} has neither MX nor A nor AAAA records: there is no host to take its mail",
                evidence,
                f"The owner of {mx.domain} publishes an MX record; check the spelling first.",
            )
        case RouteKind.NO_DOMAIN:
            yield say.fatal(f"{mx.domain} has no MX, because the domain does not exist", evidence)
        case RouteKind.UNKNOWN:
            yield say.not_assessed(f"the MX of {mx.domain} could not be learned: {failures(mx)}", evidence)
        case RouteKind.ADDRESS_LITERAL | RouteKind.FIXED:
            yield say.not_assessed("the mail host was given, MX records were not used", evidence)
        case RouteKind.IMPLICIT_MX | RouteKind.MX:
            faults = list(_faults(mx))
            yield from faults or [_ok(mx, evidence)]
            yield from _half_known(mx)


def _ok(mx: MxResult, evidence: list[str]) -> Finding:
    hosts = series(f"{host.host} ({host.preference})" for host in mx.hosts)
    return say.ok(f"mail for {mx.domain} goes to {hosts}", evidence)


def _half_known(mx: MxResult) -> Iterator[Finding]:
    """Hosts that DNS gave an address of one family for, and of the other neither yes nor no."""
    answers = [answer for host in mx.hosts if host.addresses for answer in host.answers if answer.is_unknown]
    if answers:
        yield say.not_assessed(
            f"not all addresses of the MX hosts of {mx.domain} could be learned: "
            f"{series((f'{a.question}: {a.failure}' for a in answers), most=3)}",
            [answer.ref for answer in answers],
            "The owner of the domain has the name servers mended: some senders put the mail off for this.",
        )


def _without_address(mx: MxResult) -> Iterator[Finding]:
    evidence = [answer.ref for answer in mx.answers]
    dangling = [host for host in mx.hosts if host.is_dangling and not host.is_literal]
    none_usable = mx.hosts and all(host.is_dangling or host.is_literal for host in mx.hosts)
    if none_usable and not mx.dropped:
        yield say.fatal(
            f"no MX of {mx.domain} is a host with an address: {series(host.host for host in mx.hosts)}",
            [*evidence, *_refs(mx.hosts)],
            f"The owner of {mx.domain} names hosts that have A or AAAA records.",
        )
    elif dangling:
        yield say.warning(
            f"an MX of {mx.domain} has no address: {series(host.host for host in dangling)}",
            _refs(dangling),
            "Give the host an A or AAAA record, or remove the MX record.",
        )
    elif mx.hosts and not any(host.addresses for host in mx.hosts):
        yield say.not_assessed(
            f"the addresses of the MX hosts of {mx.domain} could not be learned: {failures(mx)}",
            [*evidence, *_refs(mx.hosts)],
        )


def _faults(mx: MxResult) -> Iterator[Finding]:
    evidence = [answer.ref for answer in mx.answers]
    yield from _without_address(mx)
    if mx.kind is RouteKind.IMPLICIT_MX:
        yield say.notice(
            f"{mx.domain} has no MX record; its own address is used instead (implicit MX)",
            evidence,
            f"The owner of {mx.domain} publishes an MX record, or a null MX when it takes no mail.",
        )
    literals = [host for host in mx.hosts if host.is_literal]
    if literals:
        yield say.warning(
            f"an MX of {mx.domain} is an address where a host name belongs: "
            f"{series(h.host for h in literals)}",
            evidence,
            "Name a host in the MX record: many senders ignore an address there.",
        )
    misnamed = [host for host in mx.hosts if not host.is_literal and not names.is_fqdn(host.host)]
    if misnamed and mx.kind is RouteKind.MX:
        yield say.warning(
            f"an MX of {mx.domain} has a name that is not one of a mail host: "
            f"{series(h.host for h in misnamed)}",
            evidence,
            "Name a host of at least two labels in the MX record, of letters, digits and hyphens: some "
            "senders leave others out.",
        )
    aliases = [host for host in mx.hosts if host.is_alias]
    if aliases:
        yield say.warning(
            f"an MX of {mx.domain} names an alias (CNAME): {series(h.host for h in aliases)}",
            [*evidence, *_refs(aliases)],
            "Name the host itself in the MX record (RFC 2181 section 10.3).",
        )
    if mx.has_null_mx_among_others:
        yield say.warning(
            f"{mx.domain} publishes a null MX together with other MX records",
            evidence,
            'Remove the "0 ." record, or all the others (RFC 7505 section 3).',
        )
    if mx.dropped:
        yield say.notice(
            f"{mx.domain} has {mx.dropped} MX records beyond the {len(mx.hosts)} that were looked at",
            evidence,
        )


def _refs(hosts: tuple[MxHost, ...] | list[MxHost]) -> list[str]:
    return [answer.ref for host in hosts for answer in host.answers]
