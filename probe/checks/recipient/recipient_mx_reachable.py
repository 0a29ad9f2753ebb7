"""Can the recipient's mail hosts be connected to?

Looks at how every connection to an MX host went: connected, refused, unreachable, timed out, or not dialled
because the address is not a public one. Refused means that the host is up and nothing listens; a timeout may
also be caused by a filter on the way, or by this machine's own network. The first address that answers is
enough; addresses of the other family (IPv4, IPv6) that were not tried are named.

What to do: when some hosts answer, delivery works, more slowly; when none does, compare from another network
before blaming the recipient.
Source: RFC 5321 section 5.1 (each address is tried in order); RFC 6890 (addresses that are not global).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.public_address import why_not_public
from probe.checks.judging.wording import Values, Voice
from probe.facts.model import Facts
from probe.facts.session import Session
from probe.model.address import IPAddress
from probe.model.finding import Finding
from probe.model.session import EndReason
from probe.standards.dns.results import RouteKind

ID = "recipient-mx-reachable"
STEP = 2
say = Voice(ID, STEP, ("RFC 5321 section 5.1",))

# How a connection can fail; other ends of a session have no finding here.
_FAILURES = {
    EndReason.REFUSED,
    EndReason.UNREACHABLE,
    EndReason.TIMEOUT,
    EndReason.RESET,
    EndReason.DEADLINE,
    EndReason.NOT_DIALLED,
    EndReason.LOCAL_ERROR,
}


def check(facts: Facts) -> Iterator[Finding]:
    """Judge the connections made to the recipient's hosts."""
    yield from _private_only(facts)
    # of a connection that was under way when the run was stopped nothing is known
    sessions = [
        it
        for it in dialogue.main_sessions(facts)
        if it.connected or it.end not in (None, EndReason.INTERRUPTED)
    ]
    if not sessions:
        yield say("connections-not-made", why=dialogue.no_dialogue(facts))
        return
    evidence = [dialogue.ref(s) for s in sessions]
    failures = [s for s in sessions if not s.connected]
    if not failures:
        pairs = dict.fromkeys((s.mx_host, str(s.ip)) for s in sessions)
        yield say("connections-made", evidence, hosts=[it for it, _ in pairs], ips=[it for _, it in pairs])
    else:
        yield say(_tag(failures, sessions), evidence, **_connections(failures))
    yield from _family_left_out(facts, [s for s in sessions if s.connected], evidence)


def _family_left_out(facts: Facts, connections: list[Session], evidence: list[str]) -> Iterator[Finding]:
    """Addresses of a family that was not tried: the first address that answered was enough, and another
    sending server may use the other family."""
    families = {session.mx_host: session.ip.version for session in connections}
    addresses = {session.ip for session in dialogue.main_sessions(facts)}
    rest = [
        (host.host, ip)
        for host in facts.recipient.mx.hosts
        for ip in host.addresses
        if host.host in families
        and ip.version != families[host.host]
        and not _was_tried(ip.version, addresses)
    ]
    if rest:
        hosts, ips = zip(*rest, strict=True)
        version = rest[0][1].version
        yield say("connections-family-not-tried", evidence, hosts=hosts, ips=ips, version=version)


def _was_tried(version: int, addresses: Iterable[IPAddress]) -> bool:
    return any(ip.version == version for ip in addresses)


def _tag(failures: list[Session], sessions: list[Session]) -> str:
    if len(failures) < len(sessions):
        return "connections-partly-made"
    if all(s.end is EndReason.REFUSED for s in failures):
        return "connections-refused"
    if all(s.end is EndReason.NOT_DIALLED for s in failures):
        return "connections-not-dialled"
    return "connections-failed"


def _connections(sessions: Iterable[Session]) -> Values:
    """The values of the phrase `connections`, each connection once."""
    attempts = dict.fromkeys(
        (s.mx_host, str(s.ip), s.port, s.end.value if s.end in _FAILURES else "other") for s in sessions
    )
    hosts, ips, ports, reasons = zip(*attempts, strict=True)
    return {"hosts": hosts, "ips": ips, "ports": ports, "ends": reasons}


def _private_only(facts: Facts) -> Iterator[Finding]:
    """No sender on the internet can reach an address that is not global (RFC 6890)."""
    mx = facts.recipient.mx
    addresses = [ip for host in mx.hosts for ip in host.addresses]
    private = [ip for ip in addresses if why_not_public(facts, ip)]
    if not private or mx.kind not in (RouteKind.MX, RouteKind.IMPLICIT_MX) or facts.options.allow_private:
        return
    # a host may have more addresses than are used
    ips = {ip for host in mx.hosts for answer in host.answers for ip in answer.addresses()}
    is_all = set(private) >= ips.union(addresses) and not mx.dropped
    yield say(
        "recipient-hosts-not-public" if is_all else "recipient-host-not-public",
        [answer.ref for host in mx.hosts for answer in host.answers],
        domain=mx.domain,
        ips=list(dict.fromkeys(private)),
    )
