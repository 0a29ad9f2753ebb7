"""Does the resolver pass on what DNS says?

Looks at how the name servers told their answers: denials and records of their own making (filters, policies,
zones that resolvers serve themselves, stubs), answers that had expired and could not be renewed, and IPv6
addresses that DNS64 made. The first count as unknown everywhere in the report; the others are used.

What to do: compare with a resolver of your own that filters nothing (--nameserver).
Source: RFC 8914 section 4; RFC 2308 section 2; RFC 6303; RFC 6761; RFC 6147; RFC 7050; RFC 8767.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe.checks.judging.wording import Voice, series
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.dns.dns64 import IPV4_ONLY, inner_address, prefixes_of
from probe.standards.dns.message import Answer, RecordType
from probe.standards.dns.told import STALE

ID = "resolver-answers"
STEP = 2
say = Voice(ID, STEP, ("RFC 8914 section 4", "RFC 2308 section 2"))

_SHOWN = 3


def check(facts: Facts) -> Iterator[Finding]:
    """A notice for each way in which the answers are not the zones' own; nothing to say where they are."""
    zones = tuple(f".{zone}" for zone in {entry.zone for entry in facts.listings})
    # what a list lacks by it is told with the list
    own = [
        a
        for a in facts.resolver
        if a.doubt and a.question != IPV4_ONLY and not a.question.name.endswith(zones or ("\n",))
    ]
    if own:
        told = series((f"{a.question}: {a.doubt}" for a in own), most=_SHOWN)
        yield say.notice(
            f"{_count(own, 'answer is', 'answers are')} the name server's own, not known to be true: {told}",
            [a.ref for a in own],
            "Ask a resolver that filters nothing and serves no zones of its own (--nameserver).",
        )
    stale = [a for a in facts.resolver if not a.doubt and a.told is not None and a.told.error(STALE)]
    if stale:
        told = series((_staleness(a) for a in stale), most=_SHOWN)
        yield say.notice(
            f"{_count(stale, 'answer had', 'answers had')} expired and could not be renewed: {told}",
            [a.ref for a in stale],
            "The name servers of the zone do not answer the resolver now: try again later.",
        )
    yield from _synthesised(facts)


def _staleness(answer: Answer) -> str:
    assert answer.told is not None
    return f"{answer.question}, by {answer.told.server} ({answer.told.error(STALE)})"


def _synthesised(facts: Facts) -> Iterator[Finding]:
    prefixes = next((prefixes_of(it) for it in facts.resolver if it.question == IPV4_ONLY), ())
    made = [
        (answer, ip, inner)
        for answer in facts.resolver
        if answer.question.rtype is RecordType.AAAA and answer.question != IPV4_ONLY and not answer.doubt
        for ip in answer.addresses()
        if (inner := inner_address(ip, prefixes)) is not None
    ]
    if not made:
        return
    told = series((f"{ip} of {answer.question.name} for {inner}" for answer, ip, inner in made), most=_SHOWN)
    many = _count(made, "IPv6 address", "IPv6 addresses")
    finding = f"the resolver made {many} itself (synthesised, DNS64): {told}"
    used = {session.ip for session in facts.sessions if session.connected}
    if used & {ip for _, ip, _ in made}:
        finding += (
            "; a server that was reached so sees the IPv4 address of the translator (NAT64), for which SPF, "
            "PTR and blocklists were not judged"
        )
    yield say.notice(
        finding,
        [answer.ref for answer, _, _ in made],
        "Ask for IPv4 alone with -4 where this machine has it; else name the translator's address with --ip.",
    )


def _count(items: Sequence[object], one: str, more: str) -> str:
    return f"{len(items)} {one if len(items) == 1 else more}"
