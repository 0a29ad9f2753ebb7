"""Does the resolver answer, and pass on what DNS says?

Looks whether the name servers of this machine answer at all, and whether the answers come from the zones:
denials and records that the name server made itself (filters, policies, zones that resolvers serve
themselves, stubs, an address in place of NXDOMAIN), answers that had expired and could not be renewed, and
IPv6 addresses that DNS64 made. The first count as unknown everywhere in the report; the others are used. A
resolver that answers for no name, not even the root, is a fault of this machine or its network, and says
nothing about the recipient; so is one that denies what exists. That is asked only where a denial decides that
the mail cannot be delivered: the NS records of the top-level domain, and the MX records of two mail domains.

What to do: compare with a resolver of your own that filters nothing (--nameserver).
Source: RFC 8914 section 4; RFC 1034 section 4.2.1; RFC 2308 section 2; RFC 6303; RFC 6761; RFC 6147;
RFC 7050; RFC 8767.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.dns.dns64 import IPV4_ONLY, inner_address, prefixes_of
from probe.standards.dns.false_denial import corroboration_of
from probe.standards.dns.health import CONTROL, Health
from probe.standards.dns.message import Answer, RecordType
from probe.standards.dns.provenance import STALE

ID = "resolver-answers"
STEP = 2
_CONTROL = f"dns:{CONTROL.rtype}:."
say = Voice(ID, STEP, ("RFC 8914 section 4", "RFC 2308 section 2"))


def check(facts: Facts) -> Iterator[Finding]:
    """A warning where no name server can be used, a notice for one that never answered and for each way in
    which the answers are not the zones' own, ok where a denial that decides was corroborated; nothing to say
    where the answers are the zones' own and deny nothing."""
    yield from _at_work(facts)
    zones = tuple(f".{zone}" for zone in {entry.zone for entry in facts.listings})
    # effects on a blocklist are reported with that list
    own = [
        a
        for a in facts.resolver
        if a.doubt
        and not a.own
        and a.question != IPV4_ONLY
        and not a.question.name.endswith(zones or ("\n",))
    ]
    yield from _corroboration(facts)
    yield from _for_no_name(facts)
    if own:
        yield say(
            "resolver-answers-of-its-own",
            _refs(own),
            count=len(own),
            questions=[a.question for a in own],
            doubts=[a.doubt for a in own],
        )
    expired_signatures = [
        (a, a.provenance)
        for a in facts.resolver
        if not a.doubt and a.provenance and a.provenance.error(STALE)
    ]
    if expired_signatures:
        yield say(
            "resolver-answers-expired",
            _refs(answer for answer, _ in expired_signatures),
            count=len(expired_signatures),
            questions=[answer.question for answer, _ in expired_signatures],
            servers=[provenance.server for _, provenance in expired_signatures],
            errors=[provenance.error(STALE) for _, provenance in expired_signatures],
        )
    yield from _synthesised(facts)


def _corroboration(facts: Facts) -> Iterator[Finding]:
    """A denial decides where the mail goes, and the resolver gives what is known to exist."""
    denials = facts.recipient.mx.decisive_denials
    answers = corroboration_of(denials, facts.name_servers.corroboration)
    if answers:
        yield say(
            "resolver-denial-corroborated",
            _refs((*denials, *answers)),
            count=len(denials),
            questions=[it.question for it in denials],
            names=[it.question for it in answers],
        )


def _for_no_name(facts: Facts) -> Iterator[Finding]:
    """The resolver gives an address for names that do not exist."""
    rewriting = facts.name_servers.untruth.rewriting
    if rewriting is None:
        return
    same = [answer for answer in facts.resolver if answer.own is not None]
    example = rewriting.shown_by[0]
    yield say(
        "resolver-rewrites",
        _refs((example, *same)),
        server=example.provenance.server if example.provenance is not None else "",
        name=example.question.name,
        ips=sorted(map(str, rewriting.addresses)),
        count=len(same),
        questions=[answer.question for answer in same],
    )


_HEALTH = {
    Health.SILENT: "resolver-silent",
    Health.REFUSING: "resolver-refuses",
    Health.FAILING: "resolver-fails",
    Health.DENYING: "resolver-denies",
}


def _at_work(facts: Facts) -> Iterator[Finding]:
    servers = facts.name_servers
    false_denial = servers.untruth.false_denial
    denials = false_denial.shown_by if false_denial is not None else ()
    if servers.is_at_fault:
        yield say(
            _HEALTH[servers.health],
            _refs(denials) or (_CONTROL,),
            servers=servers.names,
            count=len(servers.names),
            questions=[it.question for it in denials],
        )
    elif servers.silent:
        yield say("resolver-partly-silent", (_CONTROL,), servers=servers.silent, count=len(servers.silent))


def _synthesised(facts: Facts) -> Iterator[Finding]:
    prefixes = next((prefixes_of(it) for it in facts.resolver if it.question == IPV4_ONLY), ())
    ips = [
        (answer, ip, inner)
        for answer in facts.resolver
        if answer.question.rtype is RecordType.AAAA and answer.question != IPV4_ONLY and not answer.doubt
        for ip in answer.addresses()
        if (inner := inner_address(ip, prefixes)) is not None
    ]
    if not ips:
        return
    dialled_ips = {session.ip for session in facts.sessions if session.connected}
    is_used = bool(dialled_ips & {ip for _, ip, _ in ips})
    yield say(
        "resolver-synthesised-route" if is_used else "resolver-synthesises",
        _refs(answer for answer, _, _ in ips),
        count=len(ips),
        ips=[ip for _, ip, _ in ips],
        names=[answer.question.name for answer, _, _ in ips],
        inner=[inner for _, _, inner in ips],
    )


def _refs(answers: Iterable[Answer]) -> list[str]:
    return [answer.ref for answer in answers]
