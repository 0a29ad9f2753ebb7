"""Can the recipient's mail hosts be connected to?

Looks at how every connection to an MX host went: connected, refused, unreachable, timed out, or not dialled
because the address is not a public one. Refused means that the host lives and nothing listens; a timeout
may as well be a filter in between, or this machine's own network.

What to do: when some hosts answer, delivery works, more slowly; when none does, compare from another network
before blaming the recipient.
Source: RFC 5321 section 5.1 (each address is tried in order); RFC 6890 (addresses that are not global).
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.public_address import why_not_public
from probe.checks.judging.wording import Voice, series
from probe.facts.model import Facts
from probe.facts.session import Session
from probe.model.finding import Finding
from probe.model.session import EndReason
from probe.standards.dns.results import RouteKind

ID = "recipient-mx-reachable"
STEP = 2
say = Voice(ID, STEP, ("RFC 5321 section 5.1",))

_WORDS = {
    EndReason.REFUSED: "refused the connection",
    EndReason.UNREACHABLE: "unreachable",
    EndReason.TIMEOUT: "timed out",
    EndReason.RESET: "reset the connection",
    EndReason.DEADLINE: "not reached before the deadline",
    EndReason.NOT_DIALLED: "not dialled",
    EndReason.LOCAL_ERROR: "this machine could not connect",
}


def check(facts: Facts) -> Iterator[Finding]:
    """Judge the connections made to the recipient's hosts."""
    yield from _private_only(facts)
    sessions = dialogue.main_sessions(facts)
    if not sessions:
        yield say.not_assessed(f"connections: {dialogue.why_no_dialogue(facts)}")
        return
    evidence = [dialogue.ref(s) for s in sessions]
    failed = [s for s in sessions if not s.connected]
    how = series(dict.fromkeys(_how(s) for s in failed))
    if len(failed) < len(sessions):
        if failed:
            yield say.warning(
                f"not every address could be connected to: {how}",
                evidence,
                "The recipient's operator looks after these hosts; mail goes through the others.",
            )
        else:
            yield say.ok(
                f"connected to {series(dict.fromkeys(f'{s.mx_host} [{s.ip}]' for s in sessions))}", evidence
            )
    elif all(s.end is EndReason.REFUSED for s in failed):
        yield say.error(
            f"every mail host refused the connection: {how}",
            evidence,
            "Try again later; if it stays so, tell the recipient by another channel.",
        )
    elif all(s.end is EndReason.NOT_DIALLED for s in failed):
        yield say.not_assessed(
            f"no address was dialled: {how}",
            evidence,
            "For a test network of your own, give --allow-private.",
        )
    else:
        yield say.not_assessed(
            f"no mail host could be connected to: {how}",
            evidence,
            "Compare from another network before blaming the recipient; this one may block port 25.",
        )


def _how(session: Session) -> str:
    word = _WORDS.get(session.end, "no connection") if session.end else "no connection"
    return f"{session.mx_host} [{session.ip}]:{session.port} {word}"


def _private_only(facts: Facts) -> Iterator[Finding]:
    """No sender on the internet can reach an address that is not global (RFC 6890)."""
    mx = facts.recipient.mx
    addresses = [ip for host in mx.hosts for ip in host.addresses]
    private = [ip for ip in addresses if why_not_public(facts, ip)]
    if not private or mx.kind not in (RouteKind.MX, RouteKind.IMPLICIT_MX) or facts.options.allow_private:
        return
    evidence = [answer.ref for host in mx.hosts for answer in host.answers]
    shown = series(map(str, dict.fromkeys(private)))
    remedy = "The owner of the domain gives the mail hosts public addresses."
    # a host may have more addresses than are used
    found = {ip for host in mx.hosts for answer in host.answers for ip in answer.addresses()}
    if set(private) >= found.union(addresses) and not mx.dropped:
        yield say.fatal(f"every mail host of {mx.domain} has a non-global address: {shown}", evidence, remedy)
    else:
        yield say.warning(f"a mail host of {mx.domain} has a non-global address: {shown}", evidence, remedy)
